// Starts the servers of the forwarder bench, and posts to them.

import { type ChildProcess, fork } from 'node:child_process'
import { connect, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { Kind, Usage } from './server-child.ts'
import { createRequest } from './server-requests.ts'

export interface Child {
  port: number
  /** With `heap`, after a collection. */
  usage(wanted?: 'usage' | 'heap'): Promise<Usage>
  end(): Promise<void>
}

export interface ChildOptions {
  kind: Kind
  /** For its files. */
  folder: string
  eventsApiUrl?: string
  /** A built checkout. */
  checkout?: string
  /** The URL of the forwarder's database. Default: a file in its folder. */
  database?: string
  /** Events to fill an outbox with. */
  fill?: number
}

/** Resolves once it listens, or has filled the outbox. */
export async function startChild({
  kind,
  folder,
  eventsApiUrl = '',
  checkout = '',
  database = '',
  fill = 0,
}: ChildOptions): Promise<Child> {
  const program = fileURLToPath(new URL('server-child.ts', import.meta.url))
  const child = fork(program, [kind, folder, eventsApiUrl, checkout, String(fill)], {
    execArgv: ['--expose-gc'],
    env: { ...process.env, BENCH_DATABASE: database },
  })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const port = await messageOf<number>(child)
  return {
    port,
    async usage(wanted = 'usage') {
      const answer = messageOf<Usage>(child)
      child.send(wanted)
      return answer
    },
    async end() {
      child.kill()
      await ended
    },
  }
}

function messageOf<Message>(child: ChildProcess): Promise<Message> {
  return new Promise((resolve, reject) => {
    const fail = (code: number | null) => reject(new Error(`A server of the bench ended with code ${code}.`))
    child.once('close', fail)
    child.once('message', (message: Message) => {
      child.off('close', fail)
      resolve(message)
    })
  })
}

export interface LoadOptions {
  port: number
  eventsEach: number
  milliseconds: number
  /** The number of connections, each of one visitor. Those of one commit wait for the disk together. Default 256. */
  connections?: number
  /** Milliseconds that a connection waits after each answer. Default 0: it posts at once. */
  pause?: number
  /** Whether the events have visitors' IDs. Default false, because older builds do not know them. */
  hasVisitors?: boolean | undefined
  /** Ends earlier, once so many events were posted. */
  events?: number
}

export interface Loaded {
  /** A second. */
  events: number
  /** Milliseconds of each request, from its first byte to the last one of the answer. */
  latencies: number[]
}

/** The client only writes and reads bytes, so that the measured time is the server's. */
export async function load(options: LoadOptions): Promise<Loaded> {
  const { port, eventsEach, milliseconds, connections = 256, events = Number.POSITIVE_INFINITY } = options
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(port)))
  const started = performance.now()
  const latencies: number[] = []
  const isOver = () => performance.now() > started + milliseconds || latencies.length * eventsEach >= events
  await Promise.all(sockets.map((socket) => post(socket, options, latencies, isOver)))
  const seconds = (performance.now() - started) / 1000
  for (const socket of sockets) socket.destroy()
  return { events: (latencies.length * eventsEach) / seconds, latencies }
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket)).once('error', reject)
  })
}

/** One request after the other. */
function post(
  socket: Socket,
  { eventsEach, pause = 0, hasVisitors = false }: LoadOptions,
  latencies: number[],
  isOver: () => boolean,
): Promise<void> {
  const request = createRequest(eventsEach, hasVisitors)
  let sent = 0
  let answer = ''
  const send = () => {
    sent = performance.now()
    socket.write(request.withIds())
  }
  return new Promise((resolve, reject) => {
    socket.setEncoding('latin1').on('data', (chunk) => {
      answer += chunk
      const head = answer.indexOf('\r\n\r\n')
      const isChunked = answer.includes('chunked')
      const length = Number(/content-length: (\d+)/i.exec(answer)?.[1] ?? Number.NaN)
      if (head < 0 || (isChunked ? !answer.endsWith('0\r\n\r\n') : answer.length < head + 4 + length)) return
      if (!answer.startsWith('HTTP/1.1 202')) return reject(new Error(answer))
      answer = ''
      latencies.push(performance.now() - sent)
      if (isOver()) resolve()
      else if (pause) setTimeout(send, pause)
      else send()
    })
    socket.once('error', reject)
    send()
  })
}

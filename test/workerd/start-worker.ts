import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { fetch as fetchOutside, Miniflare, type Request, Response, type WorkerOptions } from 'miniflare'

const path = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url))

const compatibilityDate = '2026-07-01'

// Reads the dead letters, as a shop's own Worker might, and passes them to the test.
const reader = `export default {
  async queue({ messages }, { TELL }) {
    for (const { body } of messages) await TELL.fetch('http://test/', { method: 'POST', body: JSON.stringify(body) })
  },
}`

export interface RunningWorker {
  fetch: (path: string, init?: RequestInit) => ReturnType<typeof globalThis.fetch>
  /** Resolves with the content of the dead-letter queue once it has this many entries. */
  waitForDeadLetters(count: number): Promise<unknown[]>
  /** The URLs that it requested, if `internet` is set. */
  readonly asked: readonly string[]
  /** Its log output. */
  readonly log: () => string
  stop(): Promise<void>
}

export interface WorkerSetup {
  bindings?: Record<string, string | number | Record<string, number>>
  /** The settings of the queue's consumer. Without them there is no queue. */
  maxRetries?: number
  /** A URL that receives all outgoing requests. */
  internet?: string
}

/** Runs a Worker's source, bundled, in workerd. With a queue it has EVENTS and DEAD_LETTERS. */
export async function startWorker(entry: string, setup: WorkerSetup): Promise<RunningWorker> {
  const { outputFiles } = await build({
    entryPoints: [path(entry)],
    alias: { 'converge-tiktok/cloudflare': path('src/cloudflare/index.ts') },
    bundle: true,
    format: 'esm',
    target: 'es2022',
    write: false,
  })
  const letters: unknown[] = []
  const asked: string[] = []
  let log = ''
  let look = () => {}
  const { bindings = {}, maxRetries, internet } = setup
  const forwarder: WorkerOptions = {
    name: 'forwarder',
    modules: true,
    script: outputFiles[0]?.text ?? '',
    compatibilityDate,
    bindings,
    ...(internet && {
      async outboundService(request: Request): Promise<Response> {
        asked.push(request.url)
        const { method, headers } = request
        return fetchOutside(internet, { method, headers, body: await request.text() })
      },
    }),
    ...(maxRetries !== undefined && {
      queueProducers: { EVENTS: 'events', DEAD_LETTERS: 'dead-letters' },
      queueConsumers: {
        events: { maxRetries, maxBatchSize: 100, maxBatchTimeout: 0, deadLetterQueue: 'dead-letters' },
      },
    }),
  }
  const letterReader: WorkerOptions = {
    name: 'reader',
    modules: true,
    script: reader,
    compatibilityDate,
    queueConsumers: { 'dead-letters': { maxBatchTimeout: 0 } },
    serviceBindings: {
      async TELL(request: Request): Promise<Response> {
        letters.push(await request.json())
        look()
        return new Response()
      },
    },
  }
  const miniflare = new Miniflare({
    workers: maxRetries === undefined ? [forwarder] : [forwarder, letterReader],
    handleRuntimeStdio(stdout: Readable, stderr: Readable) {
      const write = (text: Buffer) => {
        log += text
      }
      stdout.on('data', write)
      stderr.on('data', write)
    },
  })
  const url = await miniflare.ready

  return {
    fetch: (path, init) => fetch(new URL(path, url), init),
    waitForDeadLetters: (count) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new Error(`${letters.length} of ${count} dead letters came in 30 s.`)),
          30_000,
        )
        look = () => {
          if (letters.length < count) return
          clearTimeout(timer)
          resolve([...letters])
        }
        look()
      }),
    asked,
    log: () => log,
    stop: () => miniflare.dispose(),
  }
}

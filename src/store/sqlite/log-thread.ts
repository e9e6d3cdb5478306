import { Worker } from 'node:worker_threads'
import type { EventLog, LogLine, LogQuery, LogSummary } from '../event-log.ts'
import { workerFile } from './worker-file.ts'

export interface LogRequest {
  id: number
  call:
    | { method: 'lines'; query: LogQuery }
    | { method: 'find'; ids: readonly string[] }
    | { method: 'summary'; from: number; recent: number }
}

export interface LogAnswer {
  id: number
  lines?: LogLine[]
  summary?: LogSummary
  error?: string
}

export interface LogThread extends EventLog {
  close(): Promise<void>
}

/** Reads the log of a database file in a thread of its own. The thread starts with the first read. */
export function createLogThread(path: string): LogThread {
  const pending = new Map<number, (answer: LogAnswer) => void>()
  let worker: Worker | undefined
  let lastId = 0

  function settle(answer: LogAnswer): void {
    pending.get(answer.id)?.(answer)
    pending.delete(answer.id)
    if (pending.size === 0) worker?.unref()
  }

  function fail(error: string): void {
    worker = undefined
    for (const id of [...pending.keys()]) settle({ id, error })
  }

  function start(): Worker {
    const started = new Worker(workerFile('log-reader-worker'), { workerData: path })
    started.on('message', settle)
    started.on('error', ({ message }) => fail(message))
    started.on('exit', () => fail('the database was closed'))
    return started
  }

  async function ask(call: LogRequest['call']): Promise<LogAnswer> {
    worker ??= start()
    const id = ++lastId
    const answered = new Promise<LogAnswer>((resolve) => pending.set(id, resolve))
    worker.ref() // while somebody waits for an answer
    worker.postMessage({ id, call } satisfies LogRequest)
    const answer = await answered
    if (answer.error !== undefined)
      throw new Error(`converge-tiktok: the event log could not be read (${answer.error}).`)
    return answer
  }

  return {
    lines: async (query) => (await ask({ method: 'lines', query })).lines ?? [],
    find: async (ids) => (await ask({ method: 'find', ids })).lines ?? [],
    async summary(from, recent) {
      const { summary } = await ask({ method: 'summary', from, recent })
      if (!summary) throw new Error('converge-tiktok: the event log gave no summary.')
      return summary
    },
    async close() {
      await worker?.terminate()
    },
  }
}

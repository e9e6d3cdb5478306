import { Worker } from 'node:worker_threads'
import { workerFile } from './worker-file.ts'

/**
 * Writes SQLite's log into the database file, in a thread of its own. If the thread falls behind or cannot start, SQLite
 * itself does that at the end of a commit, which then waits for the disk.
 */
export interface Checkpoints {
  /** Call it after each transaction. `rows` is how many rows were changed since the database was opened. */
  note(rows: number): void
  /** Resolves once the thread has closed the file. */
  close(): Promise<void>
}

// Some 4,000 pages of the log, half of what it may have before SQLite does a checkpoint by itself.
const rowsEach = 3000

export function createCheckpoints(path: string): Checkpoints {
  let worker: Worker | undefined
  let isBusy = false
  let isOver = false
  let last = 0

  function start(): Worker {
    const started = new Worker(workerFile('checkpoint-worker'), { workerData: path })
    started.on('message', () => {
      isBusy = false
    })
    started.on('error', () => {
      isOver = true
      worker = undefined
    })
    started.unref()
    return started
  }

  return {
    note(rows) {
      if (isBusy || isOver || rows - last < rowsEach) return
      last = rows
      isBusy = true
      worker ??= start()
      worker.postMessage('checkpoint')
    },
    async close() {
      const closing = worker
      worker = undefined
      isOver = true
      if (!closing) return
      await new Promise<void>((resolve) => {
        closing.once('exit', () => resolve())
        closing.ref()
        closing.postMessage('close')
      })
    },
  }
}

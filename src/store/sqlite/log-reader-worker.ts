// The thread that reads the log, because node:sqlite is synchronous and a search must not stop intake.
import { parentPort, workerData } from 'node:worker_threads'
import { createLogReader } from './log-reader.ts'
import type { LogAnswer, LogRequest } from './log-thread.ts'
import { reasonOf } from './sqlite.ts'
import { openOutboxFileReadOnly } from './sqlite-schema.ts'

const reader = createLogReader(openOutboxFileReadOnly(String(workerData)))

function answer({ id, call }: LogRequest): LogAnswer {
  try {
    switch (call.method) {
      case 'lines':
        return { id, lines: reader.lines(call.query) }
      case 'find':
        return { id, lines: reader.find(call.ids) }
      case 'summary':
        return { id, summary: reader.summary(call.from, call.recent) }
    }
  } catch (error) {
    return { id, error: reasonOf(error) }
  }
}

parentPort?.on('message', (request: LogRequest) => parentPort?.postMessage(answer(request)))

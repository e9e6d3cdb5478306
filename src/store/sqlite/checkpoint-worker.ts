// The thread that writes SQLite's log into the database file, because its wait for the disk would stop intake.
import { parentPort, workerData } from 'node:worker_threads'
import { openSqlite } from './sqlite.ts'

const database = openSqlite(String(workerData), (database) => {
  database.exec('PRAGMA synchronous = NORMAL')
  return database
})
const checkpoint = database.prepare('PRAGMA wal_checkpoint(PASSIVE)')

parentPort?.on('message', (wanted: 'checkpoint' | 'close') => {
  if (wanted === 'checkpoint') {
    checkpoint.get()
    parentPort?.postMessage('done')
  } else {
    database.close()
    parentPort?.close()
  }
})

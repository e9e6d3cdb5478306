import type { DatabaseSync } from 'node:sqlite'
import type { PostedAlerts } from '../posted-alerts.ts'
import { whenFree } from './sqlite.ts'

/** `write` runs work in a transaction. */
export function createPostedAlerts(database: DatabaseSync, write: (work: () => void) => void): PostedAlerts {
  const select = database.prepare('SELECT cause, sentence FROM alerts ORDER BY cause')
  const clear = database.prepare('DELETE FROM alerts')
  const insert = database.prepare('INSERT INTO alerts VALUES (?, ?)')
  return {
    read: () =>
      whenFree(() => new Map(select.all().map(({ cause, sentence }) => [String(cause), String(sentence)] as const))),
    write: (sentences) =>
      whenFree(() =>
        write(() => {
          clear.run()
          for (const [cause, sentence] of sentences) insert.run(cause, sentence)
        }),
      ),
  }
}

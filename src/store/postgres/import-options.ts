import type { RowAdder } from './add-rows.ts'
import type { Connections } from './connections.ts'

/** A row of another database. Columns have the names of the SQLite engine. */
export type ImportedRow = Record<string, unknown>

export interface ImportOptions {
  connections: Connections
  /** Quoted. */
  schema: string
  rows: RowAdder
  /** Identifies the other database. What was already taken from it is not taken again. */
  source: string
}

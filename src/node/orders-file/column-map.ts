import { suggestion } from '../read-words.ts'
import { UsageError } from '../usage-error.ts'
import { allFields, type Columns, csvFormats, type Field, type Format, jsonFormats, orderFields } from './fields.ts'
import { type RecordSource, UnreadableFile } from './records.ts'

/** Where each field of a file is. */
export interface ColumnMap {
  /** The kind of file, in words. */
  format: string
  columns: Columns
}

/**
 * Reads `--map id=Name,email=Email`. A name may contain spaces; a comma in it is written twice.
 *
 * @throws UsageError
 */
export function readMapFlag(text: string | undefined): Map<Field, string> {
  const map = new Map<Field, string>()
  if (text === undefined) return map
  for (const part of text.replaceAll(',,', '\0').split(',')) {
    const [given = '', ...rest] = part.replaceAll('\0', ',').split('=')
    const column = rest.join('=').trim()
    const field = allFields.find((one) => one === given.trim())
    if (!field)
      throw new UsageError(
        `--map has no field "${given.trim()}"${suggestion(given.trim(), allFields)}. The fields are ${allFields.join(', ')}`,
      )
    if (!column) throw new UsageError(`--map ${field} needs the name of a column, such as ${field}=Name`)
    map.set(field, column)
  }
  return map
}

/**
 * Finds out what kind of file it is, and lays the columns of `--map` over it.
 *
 * @throws UnreadableFile if a named or a needed column is missing
 */
export function mapColumns(path: string, source: RecordSource, given: ReadonlyMap<Field, string>): ColumnMap {
  const formats = source.kind === 'csv' ? csvFormats : jsonFormats
  const format = formats.find(({ marks }) => marks.every((mark) => source.columns.includes(mark)))
  for (const [field, column] of given) checkColumn(path, source, `--map ${field}`, column)
  const columns: Columns = { ...existing(format, source), ...asLists(given) }
  const name = format?.name ?? (source.kind === 'csv' ? 'a CSV file' : 'a JSONL file')
  for (const field of ['id', 'time'] as const) {
    if (columns[field]) continue
    const advice = `Name it with --map, such as --map id=Name,time=Date,email=Email`
    throw new UnreadableFile(
      `converge-tiktok: ${path} has no known column for ${field}, ${orderFields[field]}. ${advice}. Its columns are ${listed(source.columns)}.`,
    )
  }
  return { format: name, columns }
}

/** Only columns that the file has. The keys of JSON differ by line. */
function existing(format: Format | undefined, { kind, columns }: RecordSource): Columns {
  if (!format || kind === 'json') return format?.columns ?? {}
  const found: Columns = {}
  for (const field of allFields) {
    const there = format.columns[field]?.filter((column) => columns.includes(column)) ?? []
    if (there.length) found[field] = there
  }
  return found
}

function asLists(given: ReadonlyMap<Field, string>): Columns {
  const columns: Columns = {}
  for (const [field, column] of given) columns[field] = [column]
  return columns
}

function checkColumn(path: string, { kind, columns }: RecordSource, where: string, column: string): void {
  const known = kind === 'csv' ? column : (column.split('.')[0] ?? '')
  if (columns.includes(known)) return
  // A JSON object may lack what others have.
  if (kind === 'json') return
  throw new UnreadableFile(
    `converge-tiktok: ${where}: ${path} has no column "${column}"${suggestion(column, columns)}. Its columns are ${listed(columns)}.`,
  )
}

const shown = 40

function listed(columns: readonly string[]): string {
  const more = columns.length > shown ? `, and ${columns.length - shown} more` : ''
  return columns.slice(0, shown).join(', ') + more
}

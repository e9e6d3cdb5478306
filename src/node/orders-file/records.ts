import { createReadStream, type ReadStream, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { CsvError, type Options, parse } from 'csv-parse'
import { isRecord } from '../../core/read.ts'

/** A row of a CSV file, or a line of a JSONL file. */
export interface FileRecord {
  /** The number of its first line. The header is line 1. */
  line: number
  /** Trimmed text. Empty if the column is missing or empty. */
  read(column: string): string
  /** For JSONL from Shopify: the ID of the order that this line belongs to. */
  parent: string
}

export interface RecordSource {
  kind: 'csv' | 'json'
  /** The columns of a CSV file, or the keys of the first object. */
  columns: readonly string[]
  records: AsyncIterable<FileRecord>
  /** Bytes of the file. */
  size: number
  /** Bytes that were read so far. */
  bytesRead(): number
}

/** A file that cannot be read in its present form. The message is a whole sentence. */
export class UnreadableFile extends Error {
  override name = 'UnreadableFile'
}

/**
 * Opens a CSV or JSONL file. Only a part of it is in memory at a time.
 *
 * @throws UnreadableFile
 */
export async function openRecords(path: string): Promise<RecordSource> {
  const { head, isWide } = await readHead(path)
  const { size } = statSync(path)
  if (!head.trim()) throw new UnreadableFile(`converge-tiktok: ${path} is empty.`)
  // Workbooks, archives and other kinds of UTF-16 contain zero bytes.
  if (head.includes('\0')) throw notText(path)
  let stream: ReadStream | undefined
  // Opened when the first record is read, so that a file that is refused before is not left open.
  const openStream = () => (stream = createReadStream(path))
  const common = { size, bytesRead: () => stream?.bytesRead ?? 0 }
  if (head.trimStart().startsWith('{')) {
    if (isWide) throw notText(path)
    return { kind: 'json', columns: firstKeys(head), records: jsonRecords(path, openStream), ...common }
  }
  if (head.trimStart().startsWith('['))
    throw new UnreadableFile(
      `converge-tiktok: ${path} is one JSON list. Use JSONL, with one object on each line, or CSV.`,
    )
  const delimiter = delimiterOf(head)
  const columns = await readHeader(path, delimiter)
  return { kind: 'csv', columns, records: csvRecords(path, openStream, delimiter), ...common }
}

const headBytes = 65_536

function notText(path: string): UnreadableFile {
  return new UnreadableFile(
    `converge-tiktok: ${path} is not a text file in UTF-8. Save it as CSV (in Excel: CSV UTF-8) or as JSONL.`,
  )
}

/** `isWide`: in UTF-16 with its byte order mark, which csv-parse reads too. */
async function readHead(path: string): Promise<{ head: string; isWide: boolean }> {
  try {
    const file = await open(path)
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0)
      const isWide = buffer[0] === 0xff && buffer[1] === 0xfe
      return { head: buffer.toString(isWide ? 'utf16le' : 'utf8', 0, bytesRead).replace(/^\uFEFF/, ''), isWide }
    } finally {
      await file.close()
    }
  } catch (error) {
    throw new UnreadableFile(`converge-tiktok: ${path} could not be read (${reasonOf(error)}). Name an existing file.`)
  }
}

/** The separator of the header: spreadsheets of some languages write semicolons. */
function delimiterOf(head: string): string {
  const [header = ''] = head.split(/\r?\n/, 1)
  const counted = [',', ';', '\t'].map((sign) => ({ sign, count: header.split(sign).length }))
  return counted.reduce((best, one) => (one.count > best.count ? one : best)).sign
}

// A quotation mark that is not closed would read the rest of the file into memory.
const longestRow = 2_000_000

const csvOptions = (delimiter: string): Options => ({
  bom: true,
  delimiter,
  skip_empty_lines: true,
  max_record_size: longestRow,
  relax_column_count_less: true, // spreadsheets leave out empty cells at the end
  info: true,
})

async function readHeader(path: string, delimiter: string): Promise<string[]> {
  for await (const { record } of parseCsv(path, createReadStream(path), { ...csvOptions(delimiter), to: 1 }))
    return record.map((name) => name.trim())
  throw new UnreadableFile(`converge-tiktok: ${path} has no header. Its first line must name the columns.`)
}

interface Row {
  record: string[]
  info: { lines: number }
}

async function* parseCsv(path: string, stream: ReadStream, options: Options): AsyncGenerator<Row> {
  const parser = stream.pipe(parse(options))
  stream.on('error', (error) => parser.destroy(error))
  try {
    for await (const row of parser) yield row
  } catch (error) {
    throw new UnreadableFile(`converge-tiktok: ${path} is not valid CSV: ${csvReason(error)}`)
  } finally {
    stream.destroy()
  }
}

function csvReason(error: unknown): string {
  if (!(error instanceof CsvError)) return `${reasonOf(error)}.`
  const at = `line ${Number(error.lines)}`
  switch (error.code) {
    case 'CSV_MAX_RECORD_SIZE':
    case 'CSV_QUOTE_NOT_CLOSED':
      return `a quotation mark in or before ${at} is not closed. Each cell that starts with " must end with one.`
    case 'CSV_RECORD_INCONSISTENT_FIELDS_LENGTH':
    case 'CSV_RECORD_INCONSISTENT_COLUMNS':
      return `${at} has more cells than the header has columns. A cell that contains the separator must stand in quotation marks.`
    case 'INVALID_OPENING_QUOTE':
    case 'CSV_INVALID_CLOSING_QUOTE':
      return `${at} has a quotation mark within a cell. Write it twice, and put the cell in quotation marks.`
    default:
      return `${at}: ${error.message}`
  }
}

async function* csvRecords(path: string, openStream: () => ReadStream, delimiter: string): AsyncGenerator<FileRecord> {
  let columns: ReadonlyMap<string, number> | undefined
  let line = 1
  for await (const { record, info } of parseCsv(path, openStream(), csvOptions(delimiter))) {
    if (!columns) columns = new Map(record.map((name, index) => [name.trim(), index]))
    else {
      const places = columns
      yield { line, parent: '', read: (column) => cell(record[places.get(column) ?? -1]) }
    }
    line = info.lines + 1
  }
}

/** Exports put an apostrophe before a value that a spreadsheet would take for a formula. */
const cell = (text = ''): string => text.trim().replace(/^'(?=[\d+=@-])/, '')

function firstKeys(head: string): string[] {
  const [line = ''] = head.trimStart().split(/\r?\n/, 1)
  const object = parseObject(line)
  return object ? Object.keys(object) : []
}

async function* jsonRecords(path: string, openStream: () => ReadStream): AsyncGenerator<FileRecord> {
  const stream = openStream()
  try {
    let line = 0
    for await (const text of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
      line++
      const plain = text.replace(/^\uFEFF/, '').trim()
      if (plain) yield toRecord(plain, line, path)
    }
  } finally {
    stream.destroy()
  }
}

function toRecord(text: string, line: number, path: string): FileRecord {
  const object = parseObject(text)
  if (!object)
    throw new UnreadableFile(
      `converge-tiktok: line ${line} of ${path} is not a JSON object. JSONL has one object on each line.`,
    )
  return { line, parent: textOf(object.__parentId), read: (column) => textOf(valueAt(object, column)) }
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}

function valueAt(object: Record<string, unknown>, path: string): unknown {
  let value: unknown = object
  for (const key of path.split('.')) value = isRecord(value) ? value[key] : undefined
  return value
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value.trim()
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return Array.isArray(value) ? JSON.stringify(value) : ''
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

import { readText } from '../../core/read.ts'
import type { ColumnMap } from './column-map.ts'
import { type Columns, type Field, type ItemField, itemFields, type OrderField } from './fields.ts'
import { readTime, validTime } from './read-time.ts'
import { type FileRecord, type RecordSource, UnreadableFile } from './records.ts'
import { Refused } from './refused.ts'

/** An order of a file. All values are text as in the file. */
export interface FileOrder {
  /** The line of the file where it begins. */
  line: number
  id: string
  /** When it was placed, in milliseconds since 1970. */
  time: number
  values: Partial<Record<OrderField, string>>
  items: Partial<Record<ItemField, string>>[]
}

export interface ReadOptions {
  path: string
  map: ColumnMap
  /** The zone of times that name none. */
  timezone: string | undefined
}

const itemNames: readonly string[] = Object.keys(itemFields)
const isItemField = (field: Field): field is ItemField => itemNames.includes(field)

/**
 * Reads the orders of a file, one at a time. Consecutive rows of one order, one for each item, are one order.
 *
 * @throws UnreadableFile, which names the line, the column, the value and what would be valid
 * @throws Refused if a time has no zone
 */
export async function* readOrders(source: RecordSource, options: ReadOptions): AsyncGenerator<FileOrder> {
  const { columns } = options.map
  let order: FileOrder | undefined
  let group = ''
  for await (const record of source.records) {
    if (record.parent) {
      if (order?.id === readText(record.parent)) addItem(order, record, columns)
      continue
    }
    const id = readText(textAt(record, columns.id))
    // Shopify's CSV has the ID in the first row of an order only, and its name in each.
    const groupOfRow = record.read('Name')
    const isSame = id ? id === order?.id : groupOfRow !== '' && groupOfRow === group
    if (!order || !isSame) {
      if (order) yield order
      order = startOrder(record, id, options)
      group = groupOfRow
    }
    // In JSON, items have lines of their own.
    if (source.kind === 'csv') addItem(order, record, columns)
  }
  if (order) yield order
}

function startOrder(record: FileRecord, id: string, { path, map, timezone }: ReadOptions): FileOrder {
  const { columns } = map
  const where = (field: Field) => `line ${record.line}, column "${(columns[field] ?? []).join('" or "')}" of ${path}`
  if (!id)
    throw new UnreadableFile(
      `converge-tiktok: ${where('id')} is empty. It must have the order's ID. Name another column with --map id=Name.`,
    )
  const text = textAt(record, columns.time)
  const time = readTime(text, timezone)
  if (time === 'invalid')
    throw new UnreadableFile(
      `converge-tiktok: ${where('time')} is ${JSON.stringify(text.slice(0, 100))}, not ${validTime}.`,
    )
  if (time === 'no zone')
    throw new Refused(
      `converge-tiktok: ${where('time')} is ${JSON.stringify(text)}, which names no time zone. Name your shop's zone, such as --timezone Europe/Berlin.`,
    )
  const order: FileOrder = { line: record.line, id, time: time.time, values: {}, items: [] }
  for (const [field, value] of valuesOf(record, columns)) if (!isItemField(field)) order.values[field] = value
  return order
}

function addItem(order: FileOrder, record: FileRecord, columns: Columns): void {
  const item: FileOrder['items'][number] = {}
  for (const [field, value] of valuesOf(record, columns)) if (isItemField(field)) item[field] = value
  if (Object.keys(item).length) order.items.push(item)
}

function* valuesOf(record: FileRecord, columns: Columns): Generator<[Field, string]> {
  let field: Field
  for (field in columns) {
    const value = textAt(record, columns[field])
    if (value) yield [field, value]
  }
}

function textAt(record: FileRecord, columns: readonly string[] = []): string {
  for (const column of columns) {
    const value = record.read(column)
    if (value) return value
  }
  return ''
}

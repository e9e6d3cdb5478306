import { suggestion } from '../read-words.ts'
import { UsageError } from '../usage-error.ts'
import { type ColumnMap, mapColumns, readMapFlag } from './column-map.ts'
import { type FileOrder, readOrders } from './read-orders.ts'
import { isTimezone } from './read-time.ts'
import { openRecords } from './records.ts'

/** The flags of every command that reads a file with orders. */
export const ordersFlags = { map: { type: 'string' }, timezone: { type: 'string' } } as const

export interface OrdersFile {
  map: ColumnMap
  orders: AsyncIterable<FileOrder>
  /** The share of the file that was read, from 0 to 1. */
  share(): number
}

/**
 * Opens a file with orders.
 *
 * @throws UsageError if a flag is wrong
 * @throws UnreadableFile if the file cannot be read, or lacks a column
 */
export async function openOrders(
  path: string,
  { map: mapFlag, timezone }: { map?: string | undefined; timezone?: string | undefined },
): Promise<OrdersFile> {
  if (timezone !== undefined && !isTimezone(timezone)) {
    const names = Intl.supportedValuesOf('timeZone')
    throw new UsageError(
      `--timezone is "${timezone}", not a time zone such as Europe/Berlin${suggestion(timezone, names)}`,
    )
  }
  const given = readMapFlag(mapFlag)
  const source = await openRecords(path)
  const map = mapColumns(path, source, given)
  return {
    map,
    orders: readOrders(source, { path, map, timezone }),
    share: () => (source.size ? source.bytesRead() / source.size : 1),
  }
}

import type { DatabaseSync } from 'node:sqlite'
import { logMatchKeys } from '../event-log.ts'
import { timeGroup } from '../log-entry.ts'
import { linesPerBlock } from './log-tables.ts'

const statuses = 16
const groups = 256
const keySets = 2 ** (logMatchKeys.length + 1)

/** A line's part of the counts. */
export interface CountedLine {
  id: number
  kind: number
  status: number
}

export type RollUp = ReturnType<typeof createRollUp>

/** Counts the lines of each block. Changes are collected in memory and written once, at the end of a transaction. */
export function createRollUp(database: DatabaseSync) {
  const prepare = (sql: string) => database.prepare(sql)
  const addCount = prepare(`INSERT INTO log_counts VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET count = count + excluded.count`)
  const addOrders = prepare(`INSERT INTO log_orders VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET count = count + excluded.count, value = value + excluded.value`)
  const addKeys = prepare(`INSERT INTO log_keys VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET count = count + excluded.count`)
  const addTimes = prepare(`INSERT INTO log_times VALUES (?, ?, ?)
    ON CONFLICT DO UPDATE SET count = count + excluded.count`)
  const addToBlock = prepare('UPDATE log_blocks SET bytes = bytes + ? WHERE block = ?')
  const bytes = new Map<number, number>()
  const counts = new Map<number, number>()
  const keys = new Map<number, number>()
  const times = new Map<number, number>()
  const orders = new Map<string, { block: number; currency: string; count: number; value: number }>()

  return {
    /** `change` is the number of such lines of a block that were added, or a negative number if they were removed. */
    count({ id, kind, status }: CountedLine, change: number): void {
      increase(counts, (blockOf(id) * linesPerBlock + kind) * statuses + status, change)
    },

    countOrder(id: number, { value, currency }: { value: number; currency: string }, change: 1 | -1): void {
      const block = blockOf(id)
      const key = `${block} ${currency}`
      const sum = orders.get(key) ?? { block, currency, count: 0, value: 0 }
      orders.set(key, { ...sum, count: sum.count + change, value: sum.value + change * value })
    },

    /** Counts events of a block that TikTok took: their match keys, and the milliseconds since they arrived. */
    countSent(id: number, sent: { keys: number; isOrder: boolean; milliseconds: number }, count: number): void {
      increase(keys, (blockOf(id) * 2 + Number(sent.isOrder)) * keySets + sent.keys, count)
      increase(times, blockOf(id) * groups + timeGroup(sent.milliseconds), count)
    },

    /** `added` is the estimated size of lines of a block. */
    addBytes: (id: number, added: number): void => increase(bytes, blockOf(id), added),

    write(): void {
      for (const [block, added] of bytes) addToBlock.run(added, block)
      for (const [key, count] of counts) {
        const line = Math.floor(key / statuses)
        if (count) addCount.run(Math.floor(line / linesPerBlock), line % linesPerBlock, key % statuses, count)
      }
      for (const { block, currency, count, value } of orders.values()) addOrders.run(block, currency, count, value)
      for (const [key, count] of keys) {
        const block = Math.floor(key / keySets)
        addKeys.run(Math.floor(block / 2), key % keySets, block % 2, count)
      }
      for (const [key, count] of times) addTimes.run(Math.floor(key / groups), key % groups, count)
    },

    clear(): void {
      for (const map of [bytes, counts, keys, times, orders]) map.clear()
    },
  }
}

/** Line ids may have more than 31 bits. */
export const blockOf = (id: number): number => Math.floor(id / linesPerBlock)

function increase(map: Map<number, number>, key: number, change: number): void {
  map.set(key, (map.get(key) ?? 0) + change)
}

import { setImmediate } from 'node:timers/promises'
import { type OutboxEvent, OutboxFull } from '../../server/outbox.ts'
import type { AddResult } from '../add-result.ts'
import { writeKept } from '../kept-event.ts'
import type { Extras, MergeOptions } from '../store.ts'
import type { Addition as AddedRequest } from './add-events.ts'
import type { Room } from './outbox-room.ts'
import type { Tables } from './outbox-tables.ts'
import { isSqliteError, whenFree } from './sqlite.ts'
import type { FileCheck } from './sqlite-file.ts'

interface Addition extends AddedRequest {
  bytes: number
  resolve: (results: AddResult[]) => void
  reject: (reason: unknown) => void
}

// Bytes of a row besides its JSON: keys, three indexes, and unused space in SQLite's pages.
const rowBytes = 400

export interface Intake {
  add(events: readonly OutboxEvent[], options: MergeOptions, extras?: Extras): Promise<AddResult[]>
  /** Resolves once nothing is being written. */
  end(): Promise<void>
}

export interface IntakeOptions {
  tables: Tables
  room: Room
  file: FileCheck
  now: () => number
  /** Called once events are on disk. */
  afterAdding: () => void
}

/** Events that arrive during a disk write share the next commit and sync. */
export function createIntake({ tables, room, file, now, afterAdding }: IntakeOptions): Intake {
  let additions: Addition[] = []
  let committing: Promise<void> | undefined

  async function commit(): Promise<void> {
    await setImmediate()
    while (additions.length) {
      const batch = additions
      additions = []
      try {
        await commitBatch(batch)
      } catch (error) {
        const isFull = isSqliteError(error, 'full')
        if (isFull) room.refuse(batch[0]?.bytes ?? 0)
        const reason = isFull ? new OutboxFull('The disk of the outbox is full.') : error
        for (const { reject } of batch) reject(reason)
      }
    }
    committing = undefined
  }

  async function commitBatch(batch: Addition[]): Promise<void> {
    throwIfLost()
    const { fitting, results } = await whenFree(() => {
      const fitting = room.fit(batch)
      return { fitting, results: fitting.length ? tables.add(fitting, now()) : [] }
    })
    if (fitting.length) await tables.sync()
    throwIfLost() // the file may have been deleted before the sync, and then the events are lost
    fitting.forEach(({ resolve }, index) => {
      resolve(results[index] ?? [])
    })
    if (fitting.length) afterAdding()
    if (fitting.length === batch.length) return
    for (const addition of batch) {
      if (!fitting.includes(addition)) addition.reject(room.refuse(addition.bytes))
    }
  }

  function throwIfLost(): void {
    const lost = file.findLost()
    if (lost) throw new Error(lost)
  }

  return {
    add(events, options, extras) {
      const names = extras?.log?.eventNames
      const kept = events.map((event, index) => ({ event, body: writeKept(event), eventName: names?.[index] }))
      const bytes = kept.reduce((sum, { body }) => sum + Buffer.byteLength(body) + rowBytes, 0)
      return new Promise((resolve, reject) => {
        additions.push({ kept, ...options, extras, bytes, resolve, reject })
        committing ??= commit()
      })
    },
    async end() {
      await committing
    },
  }
}

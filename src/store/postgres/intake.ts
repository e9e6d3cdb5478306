import { setImmediate } from 'node:timers/promises'
import { type OutboxEvent, OutboxFull } from '../../server/outbox.ts'
import type { AddResult } from '../add-result.ts'
import { writeKept } from '../kept-event.ts'
import type { Extras, MergeOptions } from '../store.ts'
import type { KeptEvent } from '../waiting-event.ts'
import type { RowAdder } from './add-rows.ts'
import { type Connections, isDiskFull } from './connections.ts'

interface Waiting extends MergeOptions {
  kept: KeptEvent[]
  extras: Extras | undefined
  resolve: (results: AddResult[]) => void
  reject: (reason: unknown) => void
}

export interface Intake {
  add(events: readonly OutboxEvent[], options: MergeOptions, extras?: Extras): Promise<AddResult[]>
  /** Resolves once nothing is being written. */
  end(): Promise<void>
}

export interface IntakeOptions {
  connections: Connections
  rows: RowAdder
  /** Milliseconds since 1970. */
  now: () => number
}

// Limits the size of a statement.
const MOST_EVENTS = 2000

/** Commits arriving events. Requests that arrive during a commit share the next one. */
export function createIntake({ connections, rows, now }: IntakeOptions): Intake {
  let waiting: Waiting[] = []
  let committing: Promise<void> | undefined

  async function commitAll(): Promise<void> {
    await setImmediate()
    while (waiting.length) await commit(nextRequests())
    committing = undefined
  }

  function nextRequests(): Waiting[] {
    const some: Waiting[] = []
    let events = 0
    for (const one of waiting) {
      events += one.kept.length
      if (some.length && events > MOST_EVENTS) break
      some.push(one)
    }
    waiting = waiting.slice(some.length)
    return some
  }

  async function commit(some: Waiting[]): Promise<void> {
    try {
      const results = rows.needsTransaction(some)
        ? await connections.transaction((query) => rows.add(query, some, { now }))
        : await rows.add(connections.query, some, { now, isAlone: true })
      some.forEach(({ resolve }, index) => {
        resolve(results[index] ?? [])
      })
    } catch (error) {
      const reason = isDiskFull(error) ? new OutboxFull('The disk of the database is full.') : error
      for (const { reject } of some) reject(reason)
    }
  }

  return {
    add: (events, options, extras) =>
      new Promise((resolve, reject) => {
        const names = extras?.log?.eventNames
        const kept = events.map((event, index) => ({ event, body: writeKept(event), eventName: names?.[index] }))
        waiting.push({ ...options, kept, extras, resolve, reject })
        committing ??= commitAll()
      }),
    async end() {
      await committing
    },
  }
}

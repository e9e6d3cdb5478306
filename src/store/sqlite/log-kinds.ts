import type { DatabaseSync } from 'node:sqlite'
import type { LogChannel } from '../event-log.ts'
import { linesPerBlock } from './log-tables.ts'

/** What many lines have in common. */
export interface LogKind {
  source: string
  channel: LogChannel
  /** Converge's name. */
  eventName: string
  /** TikTok's name. */
  event: string
}

/** Event names that are not in the mapping may be any text, so their number is limited. */
const mostKinds = linesPerBlock - 24
const others = 'Other events'

export type LogKinds = ReturnType<typeof createLogKinds>

/** Numbers the kinds of lines, so that each line stores a small number. */
export function createLogKinds(database: DatabaseSync) {
  const select = database.prepare(
    'SELECT id FROM log_kinds WHERE source = ? AND channel = ? AND event_name = ? AND event = ?',
  )
  const insert = database.prepare('INSERT INTO log_kinds (source, channel, event_name, event) VALUES (?, ?, ?, ?)')
  const total = database.prepare('SELECT count(*) AS count FROM log_kinds')
  const byId = database.prepare('SELECT source, channel, event_name, event FROM log_kinds WHERE id = ?')
  const known = new Map<string, number>()
  // Most lines are of the same kind as the line before. Comparing takes a quarter of the time of joining the texts.
  let last: { kind: LogKind; id: number } | undefined

  function idOf(kind: LogKind): number {
    if (last && isSameKind(last.kind, kind)) return last.id
    const { source, channel, eventName, event } = kind
    const key = `${source}\0${channel}\0${eventName}\0${event}`
    const id = known.get(key) ?? find(kind)
    known.set(key, id)
    last = { kind, id }
    return id
  }

  function find(kind: LogKind): number {
    const { source, channel, eventName, event } = kind
    const row = select.get(source, channel, eventName, event)
    if (row) return Number(row.id)
    const isRoom = eventName === others || Number(total.get()?.count) < mostKinds
    if (!isRoom) return find({ source, channel, eventName: others, event: '' })
    return Number(insert.run(source, channel, eventName, event).lastInsertRowid)
  }

  return {
    idOf,

    /** The number of the same kind in another channel. */
    inChannel(id: number, channel: LogChannel, source?: string): number {
      const row = byId.get(id)
      const kind = { eventName: String(row?.event_name), event: String(row?.event), channel }
      return idOf({ ...kind, source: source ?? String(row?.source) })
    },

    /** After a rollback, new kinds are not in the file. */
    forget(): void {
      known.clear()
      last = undefined
    },
  }
}

function isSameKind(one: LogKind, other: LogKind): boolean {
  return (
    one.event === other.event &&
    one.eventName === other.eventName &&
    one.channel === other.channel &&
    one.source === other.source
  )
}

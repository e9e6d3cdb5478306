import { createSqliteStore } from 'converge-tiktok/node'
import { writeKept } from '../../../src/store/kept-event.ts'
import { createLogWriter } from '../../../src/store/sqlite/log-writer.ts'
import { openSqlite } from '../../../src/store/sqlite/sqlite.ts'
import type { OutboxEvent } from '../../../src/tiktok/events-api/delivery.ts'
import { monthBefore, type PastEvent } from './traffic.ts'

/** How long TikTok accepts an order that no page sent, in seconds. */
const WEEK = 7 * 86_400

/** Creates a database with the month before `now` in its event log, in milliseconds since 1970. */
export async function fillMonth(path: string, pixelId: string, now: number): Promise<void> {
  await createSqliteStore({ path, pixelId }).close()
  openSqlite(path, (database) => {
    const log = createLogWriter(database)
    const bury = database.prepare(`INSERT INTO dead_letters (event, event_id, died, attempts, problem, body, line)
      VALUES (?, ?, ?, ?, ?, ?, ?)`)

    function write(past: PastEvent): void {
      const { at, eventName, source, channel, outcome, data } = past
      const event = toKept(past)
      const part = { source, channel, eventNames: [eventName], unsent: [] }
      const isOrder = eventName === 'Placed Order' && outcome.status !== 'skipped' && outcome.status !== 'no_consent'
      if (outcome.status === 'skipped' || outcome.status === 'no_consent') {
        log.insert({ part, eventName, event, status: outcome.status, reason: outcome.reason })
        return
      }
      const line = log.insert({ part, eventName, event, isOrder })
      const { attempts } = outcome
      const delay = outcome.status === 'success' ? outcome.delay : 0
      for (let attempt = 1; attempt < attempts; attempt++) {
        const answer = { code: 50000, message: 'TikTok answered code 50000: System error' }
        const time = Math.round(at + (delay * attempt) / attempts)
        log.conclude([{ line, status: 'retry', ...answer, tries: 1 }], time)
      }
      if (outcome.status === 'success') {
        log.conclude([{ line, status: 'success', code: 0, message: 'OK', tries: 1 }], Math.round(at + delay))
        return
      }
      const { problem, code, message } = outcome
      log.conclude([{ line, status: 'failure', reason: problem, code, message, tries: 1 }], at)
      bury.run(data.event, data.event_id, at, attempts, problem, writeKept({ ...event, problem }), line)
    }

    database.exec('BEGIN')
    for (const past of monthBefore(now)) log.within(past.at, () => write(past))
    database.exec('COMMIT')
    database.close()
  })
}

const toKept = ({ data, isMerged, channel }: PastEvent): OutboxEvent => ({
  ...{ data, expires: data.event_time + WEEK, order: data.event === 'Purchase' },
  ...{ source: channel === 'server' ? 'signed' : 'page', ...(isMerged && { merged: true }) },
})

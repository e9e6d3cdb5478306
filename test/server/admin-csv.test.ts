// The export of the event log, which must not hold intake up.
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { streamCsv } from '../../src/server/admin/events.ts'
import type { EventLog } from '../../src/store/event-log.ts'
import { createSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { logOf, partOf } from './log-contract.ts'
import { pixelId } from './node-requests.ts'
import { newPath, numbered } from './outbox-kit.ts'

test('the CSV has every line once, and reads at most 100 lines at a time', async () => {
  const store = createSqliteStore({ path: newPath(), pixelId })
  onTestFinished(() => store.close())
  await store.add(numbered(450), { mergeOrders: 0 }, { log: partOf(450) })
  const steps: number[] = []
  const log: EventLog = {
    ...logOf(store),
    async lines(query) {
      const lines = await logOf(store).lines(query)
      steps.push(lines.length)
      return lines
    },
  }
  const { stream } = streamCsv(log, new URL('https://admin.example/admin/api/events.csv'))
  if (!stream) throw new Error('It is not a stream.')
  const rows = (await text(stream)).trimEnd().split('\r\n')
  const ids = rows.slice(1).map((row) => row.split(',')[5])
  expect(ids).toEqual(
    numbered(450)
      .map(({ data }) => data.event_id)
      .reverse(),
  )
  expect(steps).toEqual([100, 100, 100, 100, 50])
})

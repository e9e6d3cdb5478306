import fc from 'fast-check'
import { expect, test } from 'vitest'
import { afterOf, type Shown, withNews } from '../../src/admin/tail.ts'
import type { AdminEvents, AdminLine } from '../../src/server/admin/admin-api.ts'
import type { LogStatus } from '../../src/store/event-log.ts'

const LIMIT = 6

const lineOf = (id: number, status: LogStatus): AdminLine => ({
  ...{ id, status, time: 0, source: 'web', channel: 'page', eventName: 'Placed Order', event: 'Purchase' },
  ...{ event_id: `order-${id}`, reason: '', matchKeys: [], attempts: 0, why: '', advice: '' },
})

/** The forwarder's answer about a log. `only` is the filter by status. */
function answer(log: readonly AdminLine[], after: number, limit: number, only?: LogStatus): AdminEvents {
  const found = log.filter(({ id, status }) => id > after && (!only || status === only)).sort((a, b) => b.id - a.id)
  const lines = found.slice(0, limit)
  const last = lines.at(-1)
  return { lines, ...(found.length > limit && last && { next: last.id }) }
}

const idsOf = ({ lines }: Shown) => lines.map(({ id }) => id)

test('a new line is put on top, and a waiting line changes to its final status', () => {
  const first = withNews(
    { lines: [], older: undefined },
    answer([lineOf(1, 'success'), lineOf(2, 'waiting')], 0, LIMIT),
    0,
  )
  const after = afterOf(first.lines)
  const log = [lineOf(1, 'success'), lineOf(2, 'success'), lineOf(3, 'waiting')]
  const second = withNews(first, answer(log, after, LIMIT), after)
  expect(second.lines.map(({ id, status }) => [id, status])).toEqual([
    [3, 'waiting'],
    [2, 'success'],
    [1, 'success'],
  ])
})

test('a line that no longer matches the filter disappears', () => {
  const log = [lineOf(1, 'waiting'), lineOf(2, 'waiting')]
  const first = withNews({ lines: [], older: undefined }, answer(log, 0, LIMIT, 'waiting'), 0)
  const after = afterOf(first.lines)
  const second = withNews(first, answer([lineOf(1, 'waiting'), lineOf(2, 'success')], after, LIMIT, 'waiting'), after)
  expect(idsOf(second)).toEqual([1])
})

test('finished lines that were loaded before are not asked for again', () => {
  expect(afterOf([lineOf(9, 'success'), lineOf(4, 'failure')])).toBe(9)
  expect(afterOf([lineOf(9, 'success'), lineOf(8, 'retry'), lineOf(4, 'failure')])).toBe(7)
  expect(afterOf([])).toBe(0)
})

test('whatever happens between two requests, the lines are those of the log, without a gap, the newest first', () => {
  const step = fc.record({ added: fc.nat({ max: 2 * LIMIT }), finished: fc.array(fc.nat({ max: 40 })) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
      let log: AdminLine[] = []
      let shown: Shown = { lines: [], older: undefined }
      for (const { added, finished } of steps) {
        log = log.map((line) => (finished.includes(line.id) ? { ...line, status: 'success' } : line))
        log = [...log, ...Array.from({ length: added }, (_, index) => lineOf(log.length + index + 1, 'waiting'))]
        const after = afterOf(shown.lines)
        shown = withNews(shown, answer(log, after, LIMIT), after)
        const newest = [...log].sort((a, b) => b.id - a.id).slice(0, shown.lines.length)
        expect(shown.lines).toEqual(newest)
        if (shown.older === undefined) expect(shown.lines).toHaveLength(log.length)
      }
    }),
  )
})

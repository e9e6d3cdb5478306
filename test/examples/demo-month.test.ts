import { createSqliteStore } from 'converge-tiktok/node'
import { describe, expect, test } from 'vitest'
import { fillMonth } from '../../examples/demo/month/fill.ts'
import { monthBefore } from '../../examples/demo/month/traffic.ts'
import { newPath } from '../server/outbox-kit.ts'

const DAY = 86_400_000
const now = Date.UTC(2026, 10, 28, 15, 30)

describe('the month of traffic behind the demo’s operator’s page', () => {
  test('is the same each time', () => {
    expect(monthBefore(now)).toEqual(monthBefore(now))
  })

  test('has orders on each of 30 days, and nothing from the future', () => {
    const events = monthBefore(now)
    const days = events.filter(({ eventName }) => eventName === 'Placed Order').map(({ at }) => Math.floor(at / DAY))
    expect(new Set(days).size).toBe(30)
    expect(events.every(({ at }) => at < now)).toBe(true)
    expect(events.map(({ at }) => at)).toEqual(events.map(({ at }) => at).sort((a, b) => a - b))
  })

  test('has one lost order, of yesterday, whatever the time of day is', () => {
    for (let hour = 0; hour < 24; hour++) {
      const time = Date.UTC(2026, 10, 28, hour)
      const lost = monthBefore(time).filter(({ outcome }) => outcome.status === 'failure')
      expect(lost.map(({ at }) => Math.floor(at / DAY))).toEqual([Math.floor(time / DAY) - 1])
    }
  })

  test('has an outage in which events were sent several times until TikTok accepted them', () => {
    const late = monthBefore(now).flatMap(({ outcome }) =>
      outcome.status === 'success' && outcome.attempts >= 4 ? [outcome.delay] : [],
    )
    expect(late.length).toBeGreaterThan(3)
    expect(Math.max(...late)).toBeGreaterThan(600_000)
  })

  test('is written with an answer to each attempt, at a time of its own', async () => {
    const path = newPath()
    await fillMonth(path, 'C4DEMO00000000000000', now)
    const store = createSqliteStore({ path, pixelId: 'C4DEMO00000000000000', now: () => now })
    const lines = (await store.log?.lines({ limit: 1000, status: 'success', to: now })) ?? []
    await store.close()
    const tried = lines.filter(({ attempts }) => attempts > 1)
    expect(tried.length).toBeGreaterThan(0)
    for (const { answers = [], attempts } of tried) expect(new Set(answers.map(({ time }) => time)).size).toBe(attempts)
  })

  test('contains email addresses and phone numbers only as hashes', () => {
    for (const { data } of monthBefore(now)) {
      const { email = '', phone = '' } = data.user
      expect([email, phone].join('')).toMatch(/^([\da-f]{64})*$/)
    }
  })
})

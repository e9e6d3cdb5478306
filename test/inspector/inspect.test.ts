import { expect, test, vi } from 'vitest'
import { inspect } from '../../src/inspector/inspect.ts'
import type { Converge, ConvergeEvent, TrackResult } from '../../src/types.ts'
import { pixelId } from '../cases/case.ts'
import { mapped } from './mapped.ts'

test('each event is a console line, and each problem a warning, until inspect is stopped', () => {
  const listeners = new Set<(result: TrackResult, event: ConvergeEvent) => void>()
  const converge: Pick<Converge, 'on'> = {
    on: (type, listener) => {
      if (type === 'event') listeners.add(Object(listener))
      else Reflect.apply(listener, undefined, [{ pixel: 'live', consent: {}, relay: 'off', outbox: 0 }])
      return () => listeners.delete(Object(listener))
    },
  }
  const console = { info: vi.fn(), warn: vi.fn() }
  const stop = inspect(Object(converge), { pixelId }, Object({ console }))
  const track = (eventName: string, properties: Record<string, unknown> = {}) => {
    const { result, source } = mapped({ eventName, properties })
    for (const listener of listeners) listener(result, source)
  }

  track('Searched', { q: 'cap' })
  expect(console.info.mock.calls).toEqual([
    [`converge-tiktok ${pixelId} · Searched → Search · success · event_id e1 · pixel`],
  ])
  expect(console.warn).not.toHaveBeenCalled()

  track('Viewed Product', { name: 'Cap', $email: 'jane' })
  expect(console.warn.mock.calls.flat().map((line) => line.split(' · ').slice(0, 3))).toEqual([
    [`converge-tiktok ${pixelId}`, 'ViewContent', 'MISSING_CONTENT_ID'],
    [`converge-tiktok ${pixelId}`, 'ViewContent', 'INVALID_EMAIL_FORMAT'],
  ])

  const { result, source } = mapped({ eventName: 'Viewed Product', properties: { name: 'Cap' } })
  for (const status of ['retry', 'success', 'failure'] as const)
    for (const listener of listeners) listener({ ...result, status }, source)
  expect(console.info).toHaveBeenCalledTimes(5)
  expect(
    console.warn,
    'a fault is reported once for an event, not for each change of its status',
  ).toHaveBeenCalledTimes(3)

  stop()
  track('Searched')
  expect(console.info).toHaveBeenCalledTimes(5)
})

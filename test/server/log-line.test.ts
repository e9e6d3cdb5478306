import { expect, onTestFinished, test, vi } from 'vitest'
import type { LogFields } from '../../src/core/log.ts'
import { createLog, logLine, sentencesTo } from '../../src/server/log-line.ts'
import { createThrottle } from '../../src/server/throttle.ts'

const time = Date.parse('2026-03-01T12:00:00.5Z')

const rows: [message: string, fields: LogFields | undefined, text: string][] = [
  ['It stopped', undefined, 'It stopped'],
  ['It stopped', { a: 1, b: 'x', c: undefined }, 'It stopped a=1 b=x'],
  ['It stopped', { url: 'https://shop.example:8443/a?b' }, 'It stopped url=https://shop.example:8443/a?b'],
  ['It stopped', { why: 'no room' }, 'It stopped why="no room"'],
  ['It stopped', { why: '' }, 'It stopped why=""'],
  ['It stopped', { why: 'a=b' }, 'It stopped why="a=b"'],
  ['It stopped', { why: 'say "no"' }, 'It stopped why="say \\"no\\""'],
  ['It stopped', { why: 'a\nb\u001b[2J\u2028c' }, 'It stopped why="a b [2J c"'],
  ['It\r\nstopped\u0000', undefined, 'It stopped '],
]
test.each(rows)('a text line has the format time level message key=value: %j %j', (message, fields, text) => {
  const line = logLine.text({ time, level: 'warn', message, fields })
  expect(line).toBe(`2026-03-01T12:00:00.500Z warn converge-tiktok: ${text}`)
})

test.each(rows)('a JSON line contains the same: %j %j', (message, fields) => {
  const line = logLine.json({ time, level: 'error', message, fields })
  expect(line).not.toMatch(/\p{Cc}/u)
  expect(JSON.parse(line)).toEqual({
    time: '2026-03-01T12:00:00.500Z',
    level: 'error',
    message: message.replace(/[\r\n\0]+/g, ' '),
    ...JSON.parse(JSON.stringify(fields ?? {})),
  })
})

test.each(['info', 'warn', 'error'] as const)('a line of level %s is written with that console method', (level) => {
  const spies = (['info', 'warn', 'error'] as const).map((name) => vi.spyOn(console, name).mockImplementation(() => {}))
  onTestFinished(() => {
    for (const spy of spies) spy.mockRestore()
  })
  createLog('json', () => time)(level, 'It stopped', { a: 1 })
  expect(spies.flatMap((spy) => spy.mock.calls.map((call) => [spy.getMockName(), ...call]))).toEqual([
    [level, `{"time":"2026-03-01T12:00:00.500Z","level":"${level}","message":"It stopped","a":1}`],
  ])
})

test('the name of the package is not repeated in a line', () => {
  const log = vi.fn()
  sentencesTo(log)('converge-tiktok: the outbox is full.')
  expect(log.mock.calls).toEqual([['warn', 'the outbox is full.']])
})

test('a throttle forgets kinds without a line for a minute, and keeps the others', () => {
  let passed = 0
  const throttle = createThrottle(() => passed)
  const allow = (kind: string) => throttle.allow(kind) !== undefined
  for (let index = 0; index < 100; index++) expect(allow(String(index))).toBe(true)
  expect([allow('others too'), allow('and this one')]).toEqual([true, false])
  passed = 60_000
  expect([allow('a new one'), allow('0'), allow('0')]).toEqual([true, true, false])
  expect(allow('another')).toBe(true)
})

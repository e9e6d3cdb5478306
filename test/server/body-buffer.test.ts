import fc from 'fast-check'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createBodyBuffer } from '../../src/server/body-buffer.ts'

const limit = 100_000

test('a body is the same text however it is split into chunks', () => {
  const cuts = fc.array(fc.nat(5000), { maxLength: 20 })
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 5000 }), cuts, (text, cuts) => {
      const bytes = new TextEncoder().encode(text)
      const places = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length]
      const held: number[] = []
      const buffer = createBodyBuffer(limit, (more) => held.push(more) > 0)
      for (const [index, start] of places.slice(0, -1).entries())
        expect(buffer.add(bytes.slice(start, places[index + 1]))).toBeUndefined()
      expect(buffer.text()).toBe(new TextDecoder().decode(bytes))
      expect(held.reduce((sum, more) => sum + more, 0)).toBeGreaterThanOrEqual(bytes.length)
    }),
  )
})

test('a body of one chunk is not copied, and counts toward the memory limit', () => {
  const set = vi.spyOn(Uint8Array.prototype, 'set')
  onTestFinished(() => set.mockRestore())
  const hold = vi.fn(() => true)
  const buffer = createBodyBuffer(limit, hold)
  buffer.add(new TextEncoder().encode('{"v":1}'))
  expect(buffer.text()).toBe('{"v":1}')
  expect(set).not.toHaveBeenCalled()
  expect(hold.mock.calls).toEqual([[7]])
})

test('the first chunk is refused, too, if there is no memory left', () => {
  const buffer = createBodyBuffer(limit, () => false)
  expect(buffer.add(new Uint8Array(7))?.status).toBe(503)
})

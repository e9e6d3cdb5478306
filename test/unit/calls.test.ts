import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { fillWindowConverge } from '../../src/browser/window-converge.ts'
import { fillWindowCvg } from '../../src/browser/window-cvg.ts'
import type { ConvergeEvent, ConvergeGlobal, TrackResult } from '../../src/types.ts'
import { callCases } from '../cases/calls.ts'
import { asTrack, type CallCase, type Person, pixelId } from '../cases/case.ts'
import { methodCases } from '../cases/methods.ts'
import { forThisBuild, has, need, relayIfAny } from './build.ts'
import { createDevice } from './device.ts'
import { goLive, identified, noParts, openPage, type Page, tracked } from './page.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const cases = [...methodCases, ...callCases]
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

/** The three forms of a shop's calls. `start` loads our script. */
const ways: Record<string, (page: Page, calls: CallCase, start: () => Partial<ConvergeGlobal>) => void> = {
  'cvg, before the script': (page, { cvg }, start) => {
    const queue: ArrayLike<unknown>[] = []
    const stub = Object.assign((..._: unknown[]) => {}, { queue })
    Object.assign(page.window, { cvg: stub })
    for (const call of cvg) queue.push({ 0: call, length: 1 })
    start()
  },
  'cvg, after the script': (page, { cvg }, start) => {
    start()
    for (const call of cvg) page.window.cvg?.(call)
  },
  converge: (_, { cvg, converge = cvg.map(asTrack) }, start) => {
    const global = start()
    for (const [method, ...parameters] of converge) Reflect.apply(Object(global[method]), global, parameters)
  },
}

async function perform({ blocked, isReloaded, config, ...given }: CallCase, way: string) {
  if (blocked === 'pixel') need('relay')
  const served = forThisBuild({ pixelId, ...relayIfAny, ...config })
  const device = createDevice()
  if (blocked === 'storage') device.fault = 'blocked'
  const results = new Map<ConvergeEvent, TrackResult>()
  const pages: Page[] = []
  for (const _ of isReloaded ? ['first', 'reloaded'] : ['only']) {
    const page = openPage({ device })
    pages.push(page)
    // What is shared among the calls of a case stays so.
    const calls = structuredClone(given)
    ways[way]?.(page, calls, () => {
      const converge: Partial<ConvergeGlobal> = {}
      fillWindowConverge(page.window, converge, { config: served }, noParts)
      fillWindowCvg(page.window, converge)
      converge.on?.('event', (result, event) => results.set(event, result))
      return converge
    })
    spoil(calls)
    for (const { run } of page.idle) run()
    if (blocked === 'pixel') page.scripts[0]?.dispatchEvent(new page.window.Event('error'))
    else if (page.ttq) goLive(page)
    await vi.advanceTimersByTimeAsync(100)
    page.close()
  }
  const heard = blocked === 'pixel' ? [] : pages
  return {
    results: Array.from(results.values(), ({ status, reason }) => [status, reason]),
    pixel: heard.flatMap(tracked).map(([, event, parameters, options]) => ({
      event,
      parameters,
      event_id: Object(options).event_id,
    })),
    people: heard.flatMap(identified),
    posted: pages.flatMap(({ posts }) => posts).flatMap(({ events }) => events),
  }
}

/** A page may change an object after it has passed it. */
function spoil(value: object): void {
  for (const [key, inner] of Object.entries(value)) {
    if (inner instanceof Object) spoil(inner)
    Reflect.set(value, key, 'changed after the call')
  }
}

const idOf = ({ event_id = expect.stringMatching(/./) }: { event_id?: string }) => event_id

const hashed = (person: Person) => ({
  external_id: expect.stringMatching(/^[\da-f]{64}$/),
  ...Object.fromEntries(Object.entries(person).map(([key, value]) => [key, sha256(value)])),
})

describe.each(Object.keys(ways))('through %s', (way) => {
  test.each(cases)('$title', async (one) => {
    const { pixel, server = pixel, identify = pixel.length ? [{}] : [], results, cvg } = one
    const got = await perform(one, way)

    expect(got.pixel).toStrictEqual(pixel.map((sent) => ({ ...sent, event_id: idOf(sent) })))
    expect(got.people).toStrictEqual(identify.map(hashed))
    const relayed = got.posted.flatMap(({ eventID, send }) => send.map((sent) => ({ ...sent, event_id: eventID })))
    const expected = has('relay') ? server : []
    expect(relayed).toStrictEqual(expected.map((sent) => ({ ...sent, event_id: idOf(sent) })))
    const tracks = cvg.filter(({ eventName, event }) => eventName ?? event)
    expect(got.results).toEqual((results ?? tracks.map(() => ['success'])).map(([status, reason]) => [status, reason]))
  })
})

test.each(cases.filter(({ identify, server }) => identify?.length && server?.length !== 0))(
  'the pixel and the relay get the same identity: $title',
  async (one) => {
    need('relay')
    const { people, posted } = await perform(one, 'converge')
    for (const { user, visitor } of posted) {
      const external_id = user.external_id ?? visitor
      expect({ email: user.email, phone_number: user.phone, external_id }).toEqual(people.at(-1))
    }
    expect(posted).not.toEqual([])
  },
)

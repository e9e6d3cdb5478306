import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { callCases } from '../cases/calls.ts'
import { asTrack, type CallCase, type Person, pixelId } from '../cases/case.ts'
import { methodCases } from '../cases/methods.ts'
import type { Hit } from '../tiktok/pixel-host.ts'
import { inEachBrowser } from './in-each-browser.ts'
import { hitsLeaveAtOnce, relay, resultOf, scriptTag, serveRelay, serveShop, shop, stateOf, stub } from './shop.ts'

// Each call that live shops make, on the built files, and what TikTok and the relay get then.

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const script = (source: string) => `<script>${source}</script>`
const now = scriptTag().replace('async', '')

/** JavaScript of a value, in which JSON's null is no NaN, and no `undefined`. */
function literal(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(literal).join()}]`
  if (!(value instanceof Object)) return typeof value === 'string' ? JSON.stringify(value) : String(value)
  return `{${Object.entries(value)
    .map(([key, inner]) => `[${JSON.stringify(key)}]: ${literal(inner)}`)
    .join()}}`
}

/** A page may change an object after it has passed it. */
const spoil = `
  function spoil(value) {
    for (const key of Object.keys(value)) {
      if (value[key] instanceof Object) spoil(value[key])
      value[key] = 'changed after the call'
    }
  }
  spoil(calls)`

const byCvg = ({ cvg }: CallCase) =>
  script(`const calls = ${literal(cvg)}; for (const call of calls) cvg(call); ${spoil}`)
const byConverge = ({ cvg, converge = cvg.map(asTrack) }: CallCase) =>
  script(
    `const calls = ${literal(converge)}; for (const [method, ...parameters] of calls) converge[method](...parameters); ${spoil}`,
  )
const cvgStub = script('window.cvg = function () { cvg.queue.push(arguments) }; cvg.queue = []')

/** The page, without the config: that comes first, by `init`. */
const ways: Record<string, (calls: CallCase) => string> = {
  // A queue keeps what it was given: the page that changes it later is the stub's own matter.
  'cvg, before the script': (calls) => cvgStub + byCvg(calls).replace(spoil, '') + now,
  'cvg, after the script': (calls) => now + byCvg(calls),
  converge: (calls) => now + byConverge(calls),
}

const blockStorage = script(`
  const blocked = { get() { throw new Error('blocked') }, set() { throw new Error('blocked') } }
  Object.defineProperty(window, 'localStorage', blocked)
  Object.defineProperty(document, 'cookie', blocked)`)

inEachBrowser(
  (stage) => {
    async function perform(one: CallCase, way: string) {
      const { tiktok } = stage.network
      const host = serveRelay(stage)
      if (one.blocked === 'pixel') tiktok.faults.events.status = 404
      tiktok.faults.main.after = 0
      const config = { pixelId, load: 'immediate', relay, ...one.config }
      const head = script(`${stub}; converge.init(${JSON.stringify(config)})
        window.results = new Map(); converge.on('event', (result, event) => results.set(event, [result.status, result.reason]))`)
      serveShop(stage, { '/': (one.blocked === 'storage' ? blockStorage : '') + head + (ways[way]?.(one) ?? '') })
      const page = await stage.open(shop)
      const results: unknown[] = []
      const hear = async () => {
        if (one.blocked === 'pixel') await resultOf(page, { reason: 'pixel_blocked' })
        else if (one.config?.consent !== 'require' || one.pixel.length) await stateOf(page, { pixel: 'live' })
        results.push(...JSON.parse(String(await page.evaluate('JSON.stringify([...results.values()])'))))
      }
      await hear()
      if (one.isReloaded) {
        await hitsLeaveAtOnce(page)
        await page.reload()
        await hear()
      }
      // Beacons and posts keep their order: what has not come before these was never sent.
      if (tiktok.requests.length && one.blocked !== 'pixel') {
        await page.evaluate((id) => window.ttq.track('End', {}, { pixel_code: id }), pixelId)
        await tiktok.waitForHits((hits) => hits.some(({ event }) => event === 'End'))
      }
      const hits: Hit[] = await tiktok.waitForHits(0)
      const expected = (one.server ?? one.pixel).length
      const taken = await host.waitForTaken((taken) => taken.flatMap(({ send }) => send).length >= expected)
      expect(page.consoleErrors.filter((error) => /converge/.test(error))).toEqual([])
      return { results, taken, hits: hits.filter(({ event }) => event !== 'End') }
    }

    const idOf = ({ event_id = expect.stringMatching(/./) }: { event_id?: string }) => event_id
    const hashed = (person: Person) => ({
      external_id: expect.stringMatching(/^[\da-f]{64}$/),
      ...Object.fromEntries(Object.entries(person).map(([key, value]) => [key, sha256(value)])),
    })

    describe.each(Object.keys(ways))('through %s', (way) => {
      // The first form differs from the second only in the stub, for every call.
      test.each(way.includes('before') ? methodCases : [...methodCases, ...callCases])('$title', async (one) => {
        const { pixel, server = pixel, identify = [{}], cvg } = one
        const { results, hits, taken } = await perform(one, way)
        const sent = hits.filter(({ event }) => event !== 'EnrichAM')
        expect(sent.map(({ event, properties, event_id }) => ({ event, parameters: properties, event_id }))).toEqual(
          pixel.map((one) => ({ ...one, event_id: idOf(one) })),
        )
        expect(taken.flatMap(({ eventID, send }) => send.map((one) => ({ ...one, event_id: eventID })))).toEqual(
          server.map((one) => ({ ...one, event_id: idOf(one) })),
        )
        const person = identify.at(-1) ?? {}
        for (const { context } of hits) expect(context.user).toEqual(hashed(person))
        expect(hits.length - sent.length).toBe(
          identify.filter(({ email, phone_number }) => email || phone_number).length,
        )
        for (const { user, visitor } of taken) {
          const { email, phone, external_id = visitor } = user
          expect({ email, phone_number: phone, external_id }).toEqual({
            email: undefined,
            phone_number: undefined,
            ...hashed(person),
          })
        }
        const tracks = cvg.filter(({ eventName, event }) => eventName ?? event)
        expect(results).toEqual(
          (one.results ?? tracks.map(() => ['success'])).map(([status, reason = null]) => [status, reason]),
        )
      })
    })
  },
  ['chromium'],
)

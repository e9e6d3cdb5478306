import { describe, expect, test } from 'vitest'
import { factsOf, headlineOf } from '../../src/admin/headline.ts'
import type { AdminSummary } from '../../src/server/admin/admin-api.ts'

const fine: AdminSummary = {
  ...{ pixelId: 'C4DEMO00000000000000', now: 0, state: { status: 'ok', paused: false }, waiting: 0, dead: {} },
  ...{ hours: [], days: [], matchKeys: { events: 0, orders: 0, share: {} } },
  sources: [{ ...{ name: 'web', type: 'web', enabled: true, accepted: 1, unauthorized: 0, unavailable: 0 } }],
  disk: { used: 1e6, limit: 1e9, free: 5e10 },
}

const toneOf = (summary: AdminSummary, name: string) => factsOf(summary).find((fact) => fact.name === name)?.tone

describe('the state of the forwarder', () => {
  test('is good, without advice, if everything arrives', () => {
    expect(headlineOf(fine)).toMatchObject({ tone: 'good', title: 'Everything arrives' })
    expect(factsOf(fine).map(({ tone, advice }) => [tone, advice])).toEqual(factsOf(fine).map(() => ['good', '']))
  })

  test.each<[problem: string, changes: Partial<AdminSummary>, fact: string, title: string]>([
    ['a refused token', { state: { status: 'stopped', paused: false } }, 'Access token', 'Nothing is sent'],
    ['a full disk', { state: { status: 'full', paused: false } }, 'Disk', 'New events are refused'],
    ['a delay', { state: { status: 'delayed', paused: false }, waiting: 2 }, 'TikTok', 'TikTok is delayed'],
    ['a pause', { state: { status: 'ok', paused: 'command' } }, 'Intake', 'Tracking is paused'],
  ])('names %s, and what to do', (_, changes, name, title) => {
    const summary = { ...fine, ...changes }
    expect(headlineOf(summary).title).toBe(title)
    const facts = factsOf(summary).filter(({ tone }) => tone === 'bad' || tone === 'wait')
    expect(facts.map((fact) => fact.name)).toEqual([name])
    expect(facts[0]?.advice).not.toBe('')
  })

  test.each([
    ['config', 'remove paused from the config'],
    ['command', 'run: converge-tiktok resume'],
  ] as const)('says how to go on after a pause by the %s', (paused, how) => {
    const facts = factsOf({ ...fine, state: { status: 'ok', paused } })
    expect(facts.find(({ name }) => name === 'Intake')?.advice).toContain(how)
  })

  test('repeats the forwarder’s sentence about a refused token', () => {
    const message = 'The access token has expired. Generate a new one.'
    const summary: AdminSummary = { ...fine, state: { status: 'stopped', message, paused: false } }
    expect(headlineOf(summary).sentence).toBe(message)
    expect(factsOf(summary).find(({ name }) => name === 'Access token')?.advice).toBe(message)
  })

  test('counts the dead letters of all problems', () => {
    expect(headlineOf({ ...fine, dead: { 'too late': 2, '40002': 1 } }).title).toBe('3 events not delivered')
  })

  test.each([
    ['most of maxBytes is used', { used: 9e8, limit: 1e9, free: 5e10 }, 'wait'],
    ['the disk has no room for the rest of maxBytes', { used: 1e6, limit: 1e9, free: 1e8 }, 'wait'],
    ['the free space is unknown', { used: 1e6, limit: 1e9 }, 'good'],
  ])('warns before the disk is full: %s', (_, disk, tone) => {
    expect(toneOf({ ...fine, disk }, 'Disk')).toBe(tone)
  })

  test('names the source whose requests were refused', () => {
    const shopify = { name: 'shopify', type: 'shopify', enabled: true, accepted: 0, unauthorized: 3, unavailable: 0 }
    const fact = factsOf({ ...fine, sources: [...fine.sources, shopify] }).find(({ name }) => name === 'Sources')
    expect(fact).toMatchObject({ tone: 'wait', value: 'refused requests: shopify' })
  })
})

// The decisions on profiles and consent, without a database.
import { describe, expect, test } from 'vitest'
import type { OutboxEvent } from '../../src/server/outbox.ts'
import { type KnownDecision, type Permission, permissionOf } from '../../src/store/consent-decision.ts'
import { isKnownAs, type Profile } from '../../src/store/profile.ts'
import { freshContext, withoutExpired } from '../../src/store/profile-ages.ts'
import { learn } from '../../src/store/profile-learn.ts'
import { isRepeated } from '../../src/store/repeated-event.ts'
import type { EventConsent } from '../../src/tiktok/events-api/delivery.ts'
import type { ConsentMode } from '../../src/types.ts'

const hour = 3_600_000
const day = 24 * hour
const now = Date.parse('2026-03-01T12:00:00Z')
const unknown: KnownDecision = { granted: 0, denied: 0, isVisitorDenied: false, gpc: false }
const userKeys = {
  ...{ email: 1, phone: 1, external_id: 1, ttclid: 1, ttp: 1, ip: 1, user_agent: 1, locale: 1 },
  ...{ first_name: 1, last_name: 1, zip_code: 1, city: 1, state: 1, country: 1 },
} satisfies Record<keyof OutboxEvent['data']['user'], 1>
const granted = (decided: number): EventConsent => ({ marketing: 'granted', decided })

describe('the permission of an event', () => {
  test.each<[words: string, own: EventConsent | undefined, known: Partial<KnownDecision>, ...Permission[]]>([
    // always, always_server, implied, require
    ['undecided', undefined, {}, 'all', 'without_profiles', 'all', 'none'],
    ['granted', granted(5), {}, 'all', 'all', 'all', 'all'],
    ['granted before a denial', granted(5), { denied: 6 }, 'without_profiles', 'without_device', 'none', 'none'],
    ['granted when it was denied', granted(5), { denied: 5 }, 'without_profiles', 'without_device', 'none', 'none'],
    ['granted after a denial', granted(7), { denied: 6 }, 'all', 'all', 'all', 'all'],
    ['undecided, with the grant of a profile', undefined, { granted: 5 }, 'all', 'without_profiles', 'all', 'all'],
    [
      'undecided, with a newer denial',
      undefined,
      { granted: 5, denied: 6 },
      'without_profiles',
      'without_device',
      'none',
      'none',
    ],
    [
      'undecided, with a denial at the same time',
      undefined,
      { granted: 5, denied: 5 },
      'without_profiles',
      'without_device',
      'none',
      'none',
    ],
    ['undecided, with a newer grant', undefined, { granted: 7, denied: 6 }, 'all', 'without_profiles', 'all', 'all'],
    ['granted at an unknown time', granted(0), { denied: 6 }, 'without_profiles', 'without_device', 'none', 'none'],
    ['granted at an unknown time, and again', granted(0), { granted: 7, denied: 6 }, 'all', 'all', 'all', 'all'],
    [
      'granted at an unknown time by a visitor who has denied since',
      ...[
        granted(0),
        { granted: 7, denied: 6, isVisitorDenied: true },
        'without_profiles',
        'without_device',
        'none',
        'none',
      ],
    ] as [string, EventConsent, Partial<KnownDecision>, ...Permission[]],
  ])('if it is %s', (_, own, known, ...expected) => {
    const modes: ConsentMode[] = ['always', 'always_server', 'implied', 'require']
    expect(modes.map((consent) => permissionOf(own, { ...unknown, ...known }, { consent }))).toEqual(expected)
  })

  test('Global Privacy Control of the profile denies where the config says so, unless there is a grant', () => {
    const rules = { consent: 'always', gpc: 'deny' } as const
    expect(permissionOf(undefined, { ...unknown, gpc: true }, rules)).toBe('none')
    expect(permissionOf(granted(5), { ...unknown, gpc: true }, rules)).toBe('all')
  })
})

test.each([
  [{}, {}, true],
  [{ email: 'a' }, {}, true],
  [{ email: 'a' }, { email: 'a', customer: '1' }, true],
  [{ email: 'a' }, { email: 'b' }, false],
  [{ email: 'a', customer: '1' }, { email: 'a', customer: '2' }, false],
  [{ email: 'a' }, { customer: '1' }, false], // they may be two persons
])('%o and %o are known as the same person: %s', (one, other, expected) => {
  expect(isKnownAs(one, other)).toBe(expected)
  expect(isKnownAs(other, one)).toBe(expected)
})

function event(parts: Partial<OutboxEvent['data']['user']>, time = now): OutboxEvent {
  const data = { event: 'AddToCart', event_time: time / 1000, event_id: '1', user: parts, page: {}, properties: {} }
  return { data, expires: 0, order: false, source: 'page', visitor: 'v', consent: granted(time) }
}

const full = { ttclid: 'click', ttp: 'ttp', ip: '203.0.113.7', user_agent: 'Firefox' }

describe('the age of a profile', () => {
  const profile = learn({ visitor: 'v' }, event(full))
  test.each([
    ['an hour', hour, full],
    ['a day', day, { ttclid: 'click', ttp: 'ttp' }],
    ['29 days', 29 * day, { ttclid: 'click', ttp: 'ttp' }],
    ['30 days', 30 * day, {}],
    ['-20 minutes, because the clock was set back', -hour / 3, full],
    ['-2 days', -2 * day, {}],
  ])('after %s only values that are young enough are used', (_, age, expected) => {
    expect(freshContext(profile, { now: now + age, days: 30 })).toEqual(expected)
  })

  test('a click ID lasts 30 days from the click, however often it comes', () => {
    const later = learn(profile, event(full, now + 20 * day))
    expect(freshContext(later, { now: now + 31 * day, days: 30 })).toEqual({ ttp: 'ttp' })
  })

  test('values that are too old are deleted, and values from the future are not', () => {
    expect(withoutExpired(profile, { now: now + 2 * day, days: 30 })?.context).not.toHaveProperty('ip')
    expect(withoutExpired(profile, { now: now + 31 * day, days: 30 })).toBeUndefined()
    expect(withoutExpired(profile, { now: now - 31 * day, days: 30 })).toBe(profile)
  })
})

describe('learning', () => {
  test('an event that says nothing new changes nothing for an hour', () => {
    const first: Profile = learn({ visitor: 'v' }, event(full))
    expect(learn(first, event(full, now + hour / 2))).toBe(first)
    expect(learn(first, event(full, now + 2 * hour))).not.toBe(first)
  })

  test('an older event replaces nothing', () => {
    const first = learn({ visitor: 'v' }, event({ ...full, email: 'new' }))
    const second = learn(first, event({ ttclid: 'old', ip: '198.51.100.1', phone: 'old' }, now - day))
    expect(second).toMatchObject({ context: full, page: { email: 'new', phone: 'old' } })
  })

  test('an event is repeated if it has the same values and follows within an hour', () => {
    expect(isRepeated(event(full, now + 1000), event(full))).toBe(true)
    expect(isRepeated(event(full, now + hour), event(full))).toBe(false)
    expect(isRepeated(event(full, now - 1000), event(full))).toBe(false)
    expect(isRepeated({ ...event(full), visitor: 'w' }, event(full))).toBe(false)
    expect(isRepeated({ ...event(full), aliases: ['a'] }, event(full))).toBe(false)
    for (const key of Object.keys(userKeys))
      expect(isRepeated(event({ ...full, [key]: 'other' }), event(full))).toBe(false)
  })
})

import { expect, test } from 'vitest'
import { copyRecord, createEvent } from '../../src/core/event.ts'
import { stringify } from '../../src/core/json.ts'
import { sha256 } from '../../src/core/sha256.ts'
import { route } from '../../src/tiktok/route.ts'
import { readRules } from '../../src/tiktok/rules.ts'
import { readUser } from '../../src/tiktok/user.ts'
import { allCases } from '../cases/all.ts'
import { pixelId } from '../cases/case.ts'
import { onPage, type pages } from './old-libraries.ts'

const names = ['Prototype 1.6', 'a page that replaces Map and Set', 'objectToJSON'] satisfies (keyof typeof pages)[]

/** What the pure part of the pipeline makes of every case. */
function results() {
  return allCases.map(({ config, track: [name, properties] }) => {
    const whole = { pixelId, ...config }
    const event = createEvent(name, copyRecord(properties), undefined, () => 'e1')
    const rows = route(event, readRules(whole), whole)
    return {
      rows: rows?.map((row) => ({ event: row.event, forward: row.forward, parameters: row.parameters })),
      user: readUser(event.properties),
    }
  })
}

test.each(names)('events are the same as on a page without old libraries: %s', (page) => {
  const expected = JSON.stringify(results())
  const found = onPage(page, results)
  expect(JSON.stringify(found)).toBe(expected)
})

test.each(names)('a hash is the same as on a page without old libraries: %s', (page) => {
  expect(onPage(page, () => sha256('jane@example.com'))).toBe(sha256('jane@example.com'))
})

const value = { list: [1, 'two', null, [true]], items: [{ id: 1, nothing: undefined }], text: '"', empty: [], '': {} }

test.each(names)('a copy and its JSON are the same as on a page without old libraries: %s', (page) => {
  const copy = onPage(page, () => copyRecord(value))
  expect(copy).toEqual(value)
  expect(onPage(page, () => stringify(value))).toBe(JSON.stringify(value))
  expect(onPage(page, () => stringify([1]))).toBe('[1]')
})

class Money {
  amount = 5
  toJSON() {
    return `${this.amount} EUR`
  }
}
class Prices extends Array<number> {
  toJSON() {
    return this.join(' ')
  }
}
const dated = {
  date: new Date(0),
  money: new Money(),
  own: { toJSON: () => 'own' },
  prices: Prices.of(1, 2),
  list: [new Money()],
}
const written = { date: '1970-01-01T00:00:00.000Z', money: '5 EUR', own: 'own', prices: '1 2', list: ['5 EUR'] }

test.each(names)('toJSON of an object and of its class is honored: %s', (page) => {
  expect(onPage(page, () => copyRecord(dated))).toEqual(written)
  expect(onPage(page, () => stringify(dated))).toBe(JSON.stringify(written))
})

test("nothing is deleted from a page's prototypes", () => {
  onPage('Prototype 1.6', () => {
    const descriptor = Object.getOwnPropertyDescriptor(Array.prototype, 'toJSON')
    stringify([1])
    copyRecord({ list: [1] })
    expect(Object.getOwnPropertyDescriptor(Array.prototype, 'toJSON')).toEqual(descriptor)
  })
})

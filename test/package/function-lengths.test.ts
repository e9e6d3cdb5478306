import { expect, test } from 'vitest'
import { tooLongFunctions } from './function-lengths.ts'
import { sources } from './sources.ts'

test('no function of src has more than 60 lines, without nested functions', () => {
  expect(sources.flatMap(tooLongFunctions)).toEqual([])
})

const lines = (count: number) => 'x()\n'.repeat(count)
const rows: [title: string, text: string, found: string[]][] = [
  ['of 60 lines is none', `function a() {\n${lines(58)}}`, []],
  ['of 61 lines', `function a() {\n${lines(59)}}`, ['core/a.ts:1 has 61 lines of its own']],
  ['that is an arrow', `\nconst a = () => {\n${lines(59)}}`, ['core/a.ts:2 has 61 lines of its own']],
  ['that is a method', `const a = {\n b() {\n${lines(60)}}}`, ['core/a.ts:2 has 62 lines of its own']],
  ['without what functions inside it hold', `function a() {\n function b() {\n${lines(50)}}\n${lines(50)}}`, []],
  ['inside another', `function a() {\n function b() {\n${lines(60)}}\n}`, ['core/a.ts:2 has 62 lines of its own']],
  ['with blank lines is none', `function a() {\n${'\n'.repeat(100)}}`, []],
]
test.each(rows)('a function that is too long is found: one %s', (_, text, found) => {
  expect(tooLongFunctions({ path: 'core/a.ts', text })).toEqual(found)
})

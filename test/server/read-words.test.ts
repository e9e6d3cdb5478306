import { expect, test } from 'vitest'
import { readWords } from '../../src/node/read-words.ts'
import { UsageError } from '../../src/node/usage-error.ts'

const options = {
  port: { type: 'string', short: 'p' },
  alias: { type: 'string', multiple: true },
  all: { type: 'boolean' },
} as const
const read = (...args: string[]) => readWords({ args, options, allowPositionals: true })

test.each([
  [['--port', '1', '--port', '2'], '--port is given twice. Use it once'],
  [['--port=1', 'file', '--port=1'], '--port is given twice. Use it once'],
  [['--port', '1', '-p', '2'], '-p is given twice. Use it once'],
  [['--port', ''], '--port is empty'],
  [['--port'], "Option '-p, --port <value>' argument missing"],
  [['--prot', '1'], 'Unknown option --prot (did you mean --port?)'],
])('the words %j are refused: %s', (args, sentence) => {
  expect(() => read(...args)).toThrow(new UsageError(sentence))
})

test('an option that takes several values, and a repeated switch, are no mistakes', () => {
  expect(read('--alias', 'a', '--alias', 'b', '--all', '--all').values).toEqual({ alias: ['a', 'b'], all: true })
})

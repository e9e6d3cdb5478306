import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cleanUrl } from '../../src/core/clean-url.ts'
import { readNumber, readText } from '../../src/core/read.ts'
import { shown } from '../../src/inspector/comparison.ts'
import { redactDeep, redact as redactInPanel } from '../../src/inspector/redact.ts'
import { forbiddenBy, readPolicies } from '../../src/node/csp.ts'
import { startTags } from '../../src/node/start-tags.ts'
import { readIp } from '../../src/server/profile.ts'
import { redact as redactForLog } from '../../src/server/redact.ts'
import { readUser } from '../../src/tiktok/user.ts'

const here = new URL('https://www.shop.test/')
const readers: Record<string, (text: string) => unknown> = {
  cleanUrl,
  redactForLog: (text) => redactForLog(text, ['a-secret-token']),
  redactInPanel,
  redactDeep: (text) => redactDeep(text),
  'redactDeep of a URL': (text) => redactDeep(`https://www.shop.test/${text}`),
  'redactDeep of an email': (text) => redactDeep(text, '$email'),
  'redactDeep of a key': (text) => redactDeep({ [text]: 1 }),
  shown: (text) => shown(text, text),
  readText,
  readNumber: (text) => readNumber(text),
  readUser: (text) => readUser({ $email: text, $phone_number: text, $zip_code: text }, [`urn:email:${text}`]),
  readIp,
  startTags: (text) => [startTags(text, 'meta'), startTags(text, 'script')],
  readPolicies: (text) => readPolicies(text, `<meta http-equiv="content-security-policy" content=${text}>`),
  forbiddenBy: (text) => forbiddenBy(`script-src ${text}`, 'script', here, here),
}

// Of each an expression may find the beginning again and again, and never its end.
const pieces = [
  ...['a', 'key', 'token', 'email=', 'key=', '=', '/', '?', '&', '#', '%', '25', '%25', '40', '@', 'a@', '.', '..com'],
  ...[' ', '\t', '\n', '0', '00', '+0', '(', '(0)', '- ', 'f', 'ab12', 'gid:', '::', 'ffff:', '1.', '<', '<meta '],
  ...['<script a', '"', "'", 'content="', "content='", ';', 'https://', '*.', ':', 'é', '😀'],
]
const some = (lengths: fc.ArrayConstraints) =>
  fc.array(fc.constantFrom(...pieces), lengths).map((parts) => parts.join(''))
const alone = pieces.map((piece): [string, string, string] => ['', piece, '!'])

/** Processor time of this thread: what else the machine does is not in it. */
function millisecondsOf(run: () => unknown): number {
  const before = process.threadCpuUsage()
  run()
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / 1000
}

// 16 times the text would take a quadratic expression 256 times as long. The floor keeps times out of it that are too
// short to be compared.
const small = 4000
const factor = 16
const most = factor * 6
const floor = 1 // ms

test.each(Object.keys(readers))(
  'the time of %s grows linearly with the length of any text',
  (name) => {
    const read = readers[name] ?? String
    fc.assert(
      fc.property(some({ maxLength: 2 }), some({ minLength: 1, maxLength: 3 }), some({ maxLength: 2 }), (...parts) => {
        const [before, middle, after] = parts
        const textOf = (length: number) => before + middle.repeat(Math.ceil(length / middle.length)) + after
        const [short, long] = [textOf(small), textOf(small * factor)]
        const once = Math.max(
          floor,
          millisecondsOf(() => read(short)),
        )
        const isLinear = () => millisecondsOf(() => read(long)) / once < most
        // A compilation or a garbage collection takes time, too, but not three times at the same place.
        expect(isLinear() || isLinear() || isLinear()).toBe(true)
      }),
      { numRuns: 150, examples: alone, endOnFailure: true },
    )
  },
  60_000,
)

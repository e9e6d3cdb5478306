import { parseArgs } from 'node:util'
import { checkConfig } from '../server/check-config.ts'
import { readConfigFile } from './config-file.ts'
import type { Finding } from './finding.ts'
import { checkNames } from './name-check.ts'
import { checkPage } from './page-check.ts'
import { checkRows } from './row-check.ts'

/** A go-live report. 1 where something has to be mended. */
export async function checkCommand(words: string[]): Promise<number> {
  const { values } = parseArgs({
    args: words,
    options: {
      config: { type: 'string', default: 'converge.json' },
      url: { type: 'string' },
      'test-code': { type: 'string' },
    },
  })
  const { url, 'test-code': testCode } = values
  const config = readConfigFile(values.config, process.env)
  const { mapping } = checkConfig(config)
  let problems = 0
  const report = (findings: Finding[]) => {
    for (const { ok, text } of findings) console.log(`${ok === undefined ? '–' : ok ? '✓' : '✗'} ${text}`)
    problems += findings.filter(({ ok }) => ok === false).length
  }

  report([{ ok: true, text: `${values.config} is sound, for pixel ${config.pixelId}.` }])
  report(checkNames(config, mapping))
  report(
    url
      ? await checkPage(url, config)
      : [{ ok: undefined, text: 'No page was looked at: name one of the shop by --url.' }],
  )
  report(
    testCode
      ? await checkRows(mapping, config, testCode)
      : [{ ok: undefined, text: `The access token was not tried: ${howToTry}` }],
  )
  console.log(problems ? `${problems} to mend.` : 'Nothing to mend.')
  return problems ? 1 : 0
}

const howToTry = 'give --test-code, as Events Manager shows it under Test events, and each row is sent as a test event.'

import { checkConfig } from '../server/check-config.ts'
import { loadSqlite } from '../store/sqlite/sqlite.ts'
import { readConfigFile } from './config-file.ts'
import type { Finding } from './finding.ts'
import { checkNames } from './name-check.ts'
import { checkPage } from './page-check.ts'
import { readWords } from './read-words.ts'
import { checkRows } from './row-check.ts'
import { checkSources } from './source-check.ts'

/** A go-live report. 1 where something has to be mended. */
export async function checkCommand(words: string[]): Promise<number> {
  const { values } = readWords({
    args: words,
    options: {
      config: { type: 'string', default: 'converge.json' },
      url: { type: 'string' },
      'test-code': { type: 'string' },
    },
  })
  const { url, 'test-code': testCode } = values
  const config = readConfigFile(values.config, process.env)
  const { rules, sources } = checkConfig(config)
  const { mapping } = rules
  let problems = 0
  const report = (findings: Finding[]) => {
    for (const { ok, text } of findings) console.log(`${ok === undefined ? '–' : ok ? '✓' : '✗'} ${text}`)
    problems += findings.filter(({ ok }) => ok === false).length
  }

  report([{ ok: true, text: `${values.config} is sound, for pixel ${config.pixelId}.` }, nodeFinding()])
  report(checkNames(config, mapping))
  report(checkSources(config, sources))
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

/** Other commands do without SQLite, so that nobody else says it before the server is started. */
function nodeFinding(): Finding {
  return loadSqlite()
    ? { ok: true, text: `This Node (${process.version}) can serve.` }
    : {
        ok: false,
        text: `This Node (${process.version}) cannot serve: the outbox needs Node 22.13 or later, with its SQLite.`,
      }
}

const howToTry = 'give --test-code, as Events Manager shows it under Test events, and each row is sent as a test event.'

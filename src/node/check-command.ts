import { checkConfig } from '../server/check-config.ts'
import { loadSqlite } from '../store/sqlite/sqlite.ts'
import { readConfigFile } from './config-file.ts'
import { checkDatabase } from './database-check.ts'
import { readEnvironment } from './environment.ts'
import { fileFlags, readDatabaseFlags } from './file-flags.ts'
import type { Finding } from './finding.ts'
import { checkNames } from './name-check.ts'
import { checkNewCustomers } from './new-customers-check.ts'
import { checkOperator } from './operator-check.ts'
import { checkPage } from './page-check.ts'
import { readWords } from './read-words.ts'
import { checkRows } from './row-check.ts'
import { checkScript } from './script-check.ts'
import { checkSources } from './source-check.ts'

/** Prints a report before going live. The exit code is 1 if something needs fixing. */
export async function checkCommand(words: string[]): Promise<number> {
  const { values } = readWords({
    args: words,
    options: {
      config: { type: 'string', default: 'converge.json' },
      url: { type: 'string' },
      'test-code': { type: 'string' },
      ...fileFlags,
    },
  })
  const { url, 'test-code': testCode } = values
  const unknown: string[] = []
  const config = readConfigFile(values.config, readEnvironment(values.config), (sentence) => unknown.push(sentence))
  const { rules, sources } = checkConfig(config)
  const { mapping } = rules
  let problems = 0
  const report = (findings: Finding[]) => {
    for (const { ok, text } of findings) console.log(`${ok === undefined ? '–' : ok ? '✓' : '✗'} ${text}`)
    problems += findings.filter(({ ok }) => ok === false).length
  }

  report([{ ok: true, text: `${values.config} is valid, for pixel ${config.pixelId}.` }, nodeFinding()])
  report(unknown.map((sentence) => ({ ok: undefined, text: `${sentence}.` })))
  const named = readDatabaseFlags(values, readEnvironment(values.config))
  report(await checkDatabase(named, config.pixelId))
  report(checkNames(config, mapping))
  report(checkSources(config, sources))
  report(checkNewCustomers(config, Date.now()))
  report(checkOperator(config, named.kind))
  report([checkScript(sources.web.config)])
  report(
    url
      ? await checkPage(url, config)
      : [{ ok: undefined, text: 'No page was checked. Name one of your shop with --url.' }],
  )
  report(
    testCode
      ? await checkRows(mapping, config, testCode)
      : [{ ok: undefined, text: `The access token was not checked. ${howToTry}` }],
  )
  console.log(problems ? `${problems} to fix.` : 'Nothing to fix.')
  return problems ? 1 : 0
}

/** Checks for SQLite, which other commands do not need. Otherwise the error would only appear when the server starts. */
function nodeFinding(): Finding {
  return loadSqlite()
    ? { ok: true, text: `This Node (${process.version}) can serve.` }
    : {
        ok: false,
        text: `This Node (${process.version}) cannot serve: the database needs SQLite, which is in Node 22.13 and later.`,
      }
}

const howToTry =
  'Add --test-code with the code that Events Manager shows under Test events, to send each mapping row as a test event.'

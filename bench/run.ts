// npm run bench [-- size track load forwarder postgres log profiles memory] [--quick] [--against <folder of a built checkout>]
// npm run bench -- readme    prints the README's tables from the last whole run

import { readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Case, CaseName, Report } from './report.ts'
import { toMarkdown, toText } from './tables.ts'

// Loaded one by one, since each of them starts browsers or servers of its own.
const cases = {
  size: async (options) => (await import('./size.ts')).measureSize(options),
  track: async (options) => (await import('./track.ts')).measureTrack(options),
  load: async (options) => (await import('./load.ts')).measureLoad(options),
  forwarder: async (options) => (await import('./forwarder.ts')).measureForwarder(options),
  profiles: async (options) => (await import('./profiles.ts')).measureProfiles(options),
  log: async (options) => (await import('./log.ts')).measureLog(options),
  postgres: async (options) => (await import('./postgres.ts')).measurePostgres(options),
  memory: async (options) => (await import('./memory.ts')).measureMemory(options),
} satisfies Record<CaseName, Case>

interface Results {
  date: string
  machine: string
  cases: Partial<Record<CaseName, Report[]>>
}

const resultsFile = new URL('results.json', import.meta.url)
const isCase = (name: string): name is CaseName => Object.hasOwn(cases, name)

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false }, against: { type: 'string' } },
})
const unknown = positionals.filter((name) => name !== 'readme' && !isCase(name))
if (unknown.length > 0) {
  console.error(
    `There is no case "${unknown.join('", "')}". The cases are ${Object.keys(cases).join(', ')}, and readme.`,
  )
  process.exitCode = 2
} else if (positionals.includes('readme')) printMarkdown()
else await measure(positionals.filter(isCase))

async function measure(wanted: readonly CaseName[]): Promise<void> {
  const against = values.against && resolve(values.against)
  const names = wanted.length > 0 ? wanted : Object.keys(cases).filter(isCase)
  const results: Results = readResults() ?? { date: '', machine: '', cases: {} }
  results.date = new Date().toISOString().slice(0, 10)
  results.machine = machine()
  console.log(`${results.date}, ${results.machine}${values.quick ? '. Quick: the figures mean little.' : ''}\n`)
  const failed: CaseName[] = []
  for (const name of names) {
    const started = performance.now()
    const seconds = () => Math.round((performance.now() - started) / 1000)
    try {
      const reports = await cases[name]({ quick: values.quick, against })
      for (const report of reports) console.log(toText(report))
      console.log(`${name} took ${seconds()} s\n`)
      results.cases[name] = reports
    } catch (error) {
      failed.push(name)
      console.error(`The case "${name}" failed after ${seconds()} s:`, error, '\n')
    }
  }
  if (failed.length > 0) {
    console.error(`These cases failed: ${failed.join(', ')}. Their earlier results, if there are any, are kept.`)
    process.exitCode = 1
  }
  if (values.quick) return
  writeFileSync(resultsFile, `${JSON.stringify(results, null, 2)}\n`)
  console.log('Written to bench/results.json. `npm run bench -- readme` prints it as Markdown.')
}

function printMarkdown(): void {
  const results = readResults()
  if (!results) {
    console.error('There is no bench/results.json yet. Run `npm run bench` first.')
    process.exitCode = 1
    return
  }
  console.log(`Measured on ${results.date}: ${results.machine}.\n`)
  for (const report of Object.values(results.cases).flat()) console.log(toMarkdown(report))
}

function readResults(): Results | undefined {
  try {
    return JSON.parse(readFileSync(resultsFile, 'utf8'))
  } catch {
    return undefined
  }
}

function machine(): string {
  const [processor] = cpus()
  return `${cpus().length} cores of ${processor?.model ?? 'an unknown processor'}, Node ${process.version.slice(1)}`
}

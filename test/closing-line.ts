import { writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import type { Reporter, TestModule } from 'vitest/node'

/** The result of a run, or of one of several parallel runs. */
export interface Outcome {
  passed: number
  failed: number
  skipped: number
  /** How long each test file took in milliseconds, by its project and path. */
  files: Record<string, number>
  /** Each failure: project, file and title of the test, and the message. */
  failures: string[]
}

const SLOWEST = 10
const LINES_OF_FAILURE = 12

/**
 * Ends a run with its slowest files and the one line that CI reads: `N passed, N failed, N skipped`.
 * Writes the outcome as JSON to the file that OUTCOME names instead, for test/run.ts, which adds up several runs.
 */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly { message: string }[]): void {
    const failures = errors.map(startOf)
    const outcome: Outcome = { passed: 0, failed: errors.length, skipped: 0, files: {}, failures }
    for (const module of modules) {
      const file = `${module.project.name}: ${relative(module.project.config.root, module.moduleId)}`
      const suites = [module, ...module.children.allSuites()]
      for (const error of suites.flatMap((suite) => suite.errors())) {
        outcome.failed++
        failures.push(`${file}\n${startOf(error)}`)
      }
      for (const test of module.children.allTests()) {
        const { state, errors = [] } = test.result()
        if (state === 'pending') continue
        outcome[state]++
        if (state === 'failed') failures.push([`${file}: ${test.fullName}`, ...errors.map(startOf)].join('\n'))
      }
      const { collectDuration, setupDuration, environmentSetupDuration, duration } = module.diagnostic()
      outcome.files[file] = environmentSetupDuration + setupDuration + collectDuration + duration
    }
    process.on('exit', () => {
      if (process.env.OUTCOME) writeFileSync(process.env.OUTCOME, JSON.stringify(outcome))
      else console.log(closingLines(outcome))
    })
  }
}

/** The start of a message. The whole of it, which may have a long diff, is printed with its test. */
const startOf = ({ message }: { message: string }): string => message.split('\n').slice(0, LINES_OF_FAILURE).join('\n')

/** CI may keep only the end of a long output, so the failures are printed there once more. */
export function closingLines({ passed, failed, skipped, files, failures }: Outcome): string {
  const slowest = Object.entries(files)
    .sort(([, one], [, other]) => other - one)
    .slice(0, SLOWEST)
    .map(([file, duration]) => `${(duration / 1000).toFixed(1).padStart(6)} s  ${file}`)
  if (slowest.length) slowest.unshift('Slowest files:')
  const told = failures.length ? ['', 'Failures:', ...failures.map((failure) => failure.replaceAll('\n', '\n  '))] : []
  return [...slowest, ...told, '', `${passed} passed, ${failed} failed, ${skipped} skipped`].join('\n')
}

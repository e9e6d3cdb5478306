import { writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import type { Reporter, TestModule } from 'vitest/node'

/** What a run, or one of several that run side by side, came to. */
export interface Outcome {
  passed: number
  failed: number
  skipped: number
  /** How long each test file took in milliseconds, by its project and path. */
  files: Record<string, number>
}

const SLOWEST = 10

/**
 * Ends a run with its slowest files and the one line that CI reads: `N passed, N failed, N skipped`.
 * Writes the outcome as JSON to the file that OUTCOME names instead, for test/run.ts, which adds up several runs.
 */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const outcome: Outcome = { passed: 0, failed: errors.length, skipped: 0, files: {} }
    for (const module of modules) {
      if (module.state() === 'failed' && module.errors().length) outcome.failed++
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state !== 'pending') outcome[state]++
      }
      const { collectDuration, setupDuration, environmentSetupDuration, duration } = module.diagnostic()
      outcome.files[`${module.project.name}: ${relative(module.project.config.root, module.moduleId)}`] =
        environmentSetupDuration + setupDuration + collectDuration + duration
    }
    process.on('exit', () => {
      if (process.env.OUTCOME) writeFileSync(process.env.OUTCOME, JSON.stringify(outcome))
      else console.log(closingLines(outcome))
    })
  }
}

export function closingLines({ passed, failed, skipped, files }: Outcome): string {
  const slowest = Object.entries(files)
    .sort(([, one], [, other]) => other - one)
    .slice(0, SLOWEST)
    .map(([file, duration]) => `${(duration / 1000).toFixed(1).padStart(6)} s  ${file}`)
  if (slowest.length) slowest.unshift('Slowest files:')
  return [...slowest, '', `${passed} passed, ${failed} failed, ${skipped} skipped`].join('\n')
}

import { type ParseArgsConfig, parseArgs } from 'node:util'
import { nearest } from './nearest.ts'
import { UsageError } from './usage-error.ts'

/**
 * Parses the options and other words of a command line.
 *
 * @throws UsageError, which suggests the nearest option
 */
export function readWords<Config extends ParseArgsConfig & { args: string[] }>(config: Config) {
  try {
    return parseArgs(config)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const option = /^Unknown option '(-[^']*)'/.exec(message)?.[1]
    // Node's own message adds advice about `--` that does not apply to our commands.
    if (option === undefined) throw new UsageError(message.replace(/\.( .*)?$/s, ''))
    const names = Object.keys(config.options ?? {})
    throw new UsageError(`Unknown option ${option}${suggestion(option.replace(/^-+/, ''), names, '--')}`)
  }
}

/** Returns ` (did you mean serve?)`, or an empty text if no word is similar. */
export function suggestion(given: string, words: readonly string[], before = ''): string {
  const word = nearest(given, words)
  return word === undefined ? '' : ` (did you mean ${before}${word}?)`
}

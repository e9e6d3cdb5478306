import { type ParseArgsConfig, parseArgs } from 'node:util'
import { nearest } from './nearest.ts'
import { UsageError } from './usage-error.ts'

/**
 * Parses the options and other words of a command line.
 *
 * @throws UsageError, which suggests the nearest option. Also if an option is empty or has two values
 */
export function readWords<Config extends ParseArgsConfig & { args: string[] }>(config: Config) {
  try {
    const words = parseArgs(config)
    checkValues(config)
    return words
  } catch (error) {
    if (error instanceof UsageError) throw error
    const message = error instanceof Error ? error.message : String(error)
    if (message.includes("' argument is ambiguous"))
      throw new UsageError(message.replace(/(?<=ambiguous)\..*/s, ': its value starts with a hyphen'))
    const option = /^Unknown option '(-[^']*)'/.exec(message)?.[1]
    // Node's own message adds advice about `--` that does not apply to our commands.
    if (option === undefined) throw new UsageError(message.replace(/\.( .*)?$/s, ''))
    const names = Object.keys(config.options ?? {})
    throw new UsageError(`Unknown option ${option}${suggestion(option.replace(/^-+/, ''), names, '--')}`)
  }
}

/** @throws UsageError if an option is empty, as with a variable of the shell that is not set, or has two values */
function checkValues({ args, options = {}, allowPositionals = false }: ParseArgsConfig & { args: string[] }): void {
  const given = new Set<string>()
  for (const token of parseArgs({ args, options, allowPositionals, tokens: true }).tokens) {
    if (token.kind !== 'option' || token.value === undefined) continue
    if (token.value.trim() === '') throw new UsageError(`${token.rawName} is empty`)
    if (given.has(token.name) && !options[token.name]?.multiple)
      throw new UsageError(`${token.rawName} is given twice. Use it once`)
    given.add(token.name)
  }
}

/** Returns ` (did you mean serve?)`, or an empty text if no word is similar. */
export function suggestion(given: string, words: readonly string[], before = ''): string {
  const word = nearest(given, words)
  return word === undefined ? '' : ` (did you mean ${before}${word}?)`
}

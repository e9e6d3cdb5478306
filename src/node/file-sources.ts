import { isRecord } from '../core/read.ts'
import type { SourceConfig } from '../server/sources/source-config.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** The options that name a secret's place in the environment, and the ones that they stand for. */
export const secretOptions = { tokenFrom: 'token', secretFrom: 'secret' } as const satisfies Record<
  string,
  keyof SourceConfig
>

/**
 * Reads the `sources` of a config file: `tokenFrom` and `secretFrom` name a variable of the environment, or several, so that a
 * secret can be replaced.
 *
 * @throws a sentence that says what is wrong and where. It never repeats a secret.
 */
export function readFileSources(path: string, given: unknown, environment: Environment): unknown {
  // What is no object is refused with the rest of the config.
  if (!isRecord(given)) return given
  return Object.fromEntries(
    Object.entries(given).map(([name, source]) => [
      name,
      isRecord(source) ? withSecrets(source, { where: `${path}: sources.${name}`, environment }) : source,
    ]),
  )
}

interface Place {
  where: string
  environment: Environment
}

function withSecrets(source: Readonly<Record<string, unknown>>, place: Place): object {
  const options: Record<string, unknown> = { ...source }
  for (const [option, secret] of Object.entries(secretOptions)) {
    if (secret in source)
      throw new Error(
        `converge-tiktok: ${place.where} holds a ${secret}. A secret does not belong in a file that a page could get: set it in the environment, and name its variable as ${option}.`,
      )
    if (source[option] === undefined) continue
    delete options[option]
    options[secret] = readVariables(option, source[option], place)
  }
  return options
}

function readVariables(option: string, given: unknown, { where, environment }: Place): string[] {
  const names = [given].flat()
  return names.map((name) => {
    if (typeof name !== 'string' || !/^[A-Z_]\w*$/i.test(name))
      throw new Error(
        `converge-tiktok: ${where}.${option} must be the name of a variable of the environment, such as SHOPIFY_SECRET, or a list of names.`,
      )
    const value = environment[name]?.trim()
    if (!value)
      throw new Error(`converge-tiktok: ${where}.${option} names ${name}, which the environment does not have.`)
    return value
  })
}

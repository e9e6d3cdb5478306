import { isRecord } from '../core/read.ts'
import type { SourceConfig } from '../server/sources/source-config.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** The options that name a secret's environment variable, and the options that they set. */
export const secretOptions = { tokenFrom: 'token', secretFrom: 'secret' } as const satisfies Record<
  string,
  keyof SourceConfig
>

/**
 * Reads the `sources` of a config file. `tokenFrom` and `secretFrom` name one or several environment variables, so that a
 * secret can be replaced.
 *
 * @throws an error that names the invalid option. It never repeats a secret.
 */
export function readFileSources(path: string, given: unknown, environment: Environment): unknown {
  // Other values are refused later, with the rest of the config.
  if (!isRecord(given)) return given
  return Object.fromEntries(
    Object.entries(given).map(([name, source]) => [
      name,
      isRecord(source) ? withSecrets(source, { where: `${path}: sources.${name}`, environment }) : source,
    ]),
  )
}

/**
 * Reads the `alerts` of a config file. `urlFrom` names an environment variable, because the address contains a key.
 *
 * @throws an error that names the invalid option. It never repeats the address.
 */
export function readFileAlerts(path: string, given: unknown, environment: Environment): unknown {
  if (!isRecord(given)) return given
  const where = `${path}: alerts`
  const { url, urlFrom, ...numbers } = given
  if (url !== undefined)
    throw new Error(
      `converge-tiktok: ${where} contains url. The address may contain a key, which does not belong in a file that a page could load. Set an environment variable, and name it in urlFrom.`,
    )
  if (urlFrom === undefined)
    throw new Error(
      `converge-tiktok: ${where} has no urlFrom. Set an environment variable to the address of an incoming webhook, such as Slack’s, and name it in urlFrom.`,
    )
  const [address] = readVariables('urlFrom', urlFrom, { where, environment })
  return { ...numbers, url: address }
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
        `converge-tiktok: ${place.where} contains ${secret}. A secret does not belong in a file that a page could load. Set an environment variable, and name it in ${option}.`,
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
        `converge-tiktok: ${where}.${option} must be the name of an environment variable, such as SHOPIFY_SECRET, or a list of names.`,
      )
    const value = environment[name]?.trim()
    if (!value)
      throw new Error(`converge-tiktok: ${where}.${option} names the environment variable ${name}, which is not set.`)
    return value
  })
}

import { isRecord } from '../core/read.ts'
import type { Environment } from './file-sources.ts'
import { nearest } from './nearest.ts'

/** The command line's environment variables that hold a secret, by the part of the name that differs. */
const variables: ReadonlyMap<string, string> = new Map([
  ['access_token', 'TIKTOK_ACCESS_TOKEN'],
  ['webhook_token', 'CONVERGE_WEBHOOK_TOKEN'],
  ['admin_token', 'CONVERGE_ADMIN_TOKEN'],
  ['metrics_token', 'CONVERGE_METRICS_TOKEN'],
  ['database_url', 'CONVERGE_DATABASE_URL'],
])

/**
 * A sentence for each environment variable that looks like a misspelled one of ours. A misspelled token would turn off a part
 * of the server without notice. It never contains a value.
 *
 * @param file the config file's content, which may name variables of its own
 */
export function unknownVariables(environment: Environment, file: unknown): string[] {
  const known = new Set([...variables.values(), ...namesIn(file)])
  return Object.keys(environment).flatMap((name) => {
    const end = /^(?:CONVERGE|TIKTOK)_(.+)$/i.exec(name)?.[1]
    if (end === undefined || known.has(name)) return []
    const meant = variables.get(nearest(end, [...variables.keys()]) ?? '')
    return meant === undefined ? [] : [`The environment variable ${name} is not read (did you mean ${meant}?)`]
  })
}

/** The variables that `tokenFrom`, `secretFrom` and `urlFrom` name. */
function namesIn(value: unknown): Set<string> {
  if (!isRecord(value)) return new Set()
  return new Set(
    Object.entries(value).flatMap(([key, part]) =>
      /^(token|secret|url)From$/.test(key) ? [part].flat().map(String) : [...namesIn(part)],
    ),
  )
}

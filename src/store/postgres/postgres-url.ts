import { readFileSync } from 'node:fs'
import type { PoolConfig } from 'pg'

/** How to connect to a database. */
export interface PostgresAddress {
  config: PoolConfig
  /** The URL without its password and parameters, for messages. */
  shown: string
  /** False if the connection leaves this machine without TLS and the URL does not say that this is intended. */
  isDeliberate: boolean
}

/** A database that must not be used. The message is a whole sentence. */
export class UnusableDatabase extends Error {
  override name = 'UnusableDatabase'
}

/** What each `sslmode` means. `require` checks the certificate, too, because an unchecked one protects from nobody. */
const sslModes = {
  disable: false,
  'no-verify': { rejectUnauthorized: false },
  'verify-ca': { checkServerIdentity: () => undefined },
  require: {},
  'verify-full': {},
} as const satisfies Record<string, PoolConfig['ssl']>

type SslMode = keyof typeof sslModes
const modes = Object.keys(sslModes)
const isSslMode = (text: string): text is SslMode => modes.includes(text)

export const isPostgresUrl = (text: string): boolean => /^postgres(ql)?:/i.test(text)

/**
 * Reads a URL such as `postgres://user@host:5432/database?sslmode=verify-full`.
 *
 * @throws UnusableDatabase with a sentence that never contains the password
 */
export function readPostgresUrl(text: string, password?: string): PostgresAddress {
  const url = parse(text)
  const sslmode = url.searchParams.get('sslmode')
  const rootCertificate = url.searchParams.get('sslrootcert')
  url.searchParams.delete('sslmode')
  url.searchParams.delete('sslrootcert')
  if (!url.password && password) url.password = encodeURIComponent(password)
  const mode = readMode(sslmode, rootCertificate)
  const ssl = mode && sslModes[mode]
  return {
    config: {
      connectionString: url.href,
      ...(ssl && { ssl: { ...ssl, ...(rootCertificate && { ca: readCertificate(rootCertificate) }) } }),
    },
    shown: withoutSecrets(url),
    isDeliberate: mode !== undefined || isLocal(url),
  }
}

export const hasPassword = (text: string): boolean => parse(text).password !== ''

function parse(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !isPostgresUrl(text) || url.pathname.length < 2)
    throw new UnusableDatabase(
      'converge-tiktok: the URL of the database is not valid. It must look like postgres://user@host:5432/database.',
    )
  return url
}

function readMode(sslmode: string | null, rootCertificate: string | null): SslMode | undefined {
  if (sslmode === null) return rootCertificate === null ? undefined : 'verify-full'
  if (isSslMode(sslmode)) return sslmode
  throw new UnusableDatabase(`converge-tiktok: sslmode is "${sslmode}", not one of ${modes.join(', ')}.`)
}

function readCertificate(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new UnusableDatabase(
      `converge-tiktok: sslrootcert is "${path}", which could not be read (${error instanceof Error ? error.message : error}).`,
    )
  }
}

function withoutSecrets(url: URL): string {
  const shown = new URL(url)
  shown.password = ''
  shown.search = ''
  return shown.href
}

function isLocal({ hostname, searchParams }: URL): boolean {
  const host = searchParams.get('host') ?? hostname
  return host === '' || host.startsWith('/') || /^(localhost|127(\.\d+){3}|\[::1\])$/.test(host)
}

import { connect } from './connections.ts'
import { DEFAULT_SCHEMA, findSchema, migrations, quoteSchema, readOwner } from './postgres-schema.ts'
import { readPostgresUrl } from './postgres-url.ts'

/** What a database has, for reports. */
export interface Inspection {
  /** Such as `18.4`. */
  server: string
  /** `missing`: the server creates the tables when it starts. `older`: it updates them then. */
  tables: 'missing' | 'older' | 'current' | 'newer' | 'foreign'
  /** The pixel that owns the tables. */
  pixelId: string | undefined
  /** When the intake was stopped, in milliseconds since 1970. */
  pausedSince: number | undefined
  /** False if the connection leaves this machine without TLS, and the URL does not say that this is intended. */
  isDeliberate: boolean
}

/**
 * Looks at a database and changes nothing.
 *
 * @throws if it cannot be reached
 */
export async function inspectPostgres(options: {
  url: string
  password?: string | undefined
  schema?: string | undefined
}): Promise<Inspection> {
  const { schema = DEFAULT_SCHEMA } = options
  const address = readPostgresUrl(options.url, options.password)
  const quoted = quoteSchema(schema)
  const { query, end } = connect(address)
  try {
    const [row] = await query("SELECT current_setting('server_version') AS server")
    const common = { server: String(row?.server).split(' ')[0] ?? '', isDeliberate: address.isDeliberate }
    const found = await findSchema(query, schema)
    if (found !== 'ours') return { ...common, tables: found, pixelId: undefined, pausedSince: undefined }
    const { version, pixel } = await readOwner(query, quoted)
    const tables = version === migrations.length ? 'current' : version < migrations.length ? 'older' : 'newer'
    const [pause] = tables === 'current' ? await query(`SELECT since FROM ${quoted}.switches WHERE name = 'pause'`) : []
    return { ...common, tables, pixelId: pixel, pausedSince: pause ? Number(pause.since) : undefined }
  } finally {
    await end()
  }
}

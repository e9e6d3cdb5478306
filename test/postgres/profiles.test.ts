// The profiles of a forwarder with a store in PostgreSQL.
import { describe } from 'vitest'
import { testProfiles } from '../server/profile-contract.ts'
import { borrowSchema, hasPostgres, openStore, serverUrl } from './postgres-kit.ts'
import { runSql } from './run-sql.ts'

const url = `${serverUrl}/postgres`

/** The rows of all tables, as text. Bytes are shown as hex. */
async function textOf(schema: string): Promise<string> {
  const tables = await runSql(url, `SELECT tablename FROM pg_tables WHERE schemaname = '${schema}'`)
  const texts = tables.map(async ({ tablename }) =>
    (await runSql(url, `SELECT stored::text AS row FROM ${schema}.${tablename} AS stored`)).map(({ row }) => row),
  )
  return (await Promise.all(texts)).flat().join('\n')
}

describe.runIf(hasPostgres)('with PostgreSQL', () => {
  testProfiles('with a store in PostgreSQL', () => {
    const schema = borrowSchema()
    return {
      open: (now) => openStore(url, { schema, now }),
      async find(hashes) {
        const text = await textOf(schema)
        return hashes.filter((hash) => text.includes(hash))
      },
    }
  })
})

import { describe } from 'vitest'
import { testStore } from '../server/store-contract.ts'
import { hasPostgres, newSchema, openStore, serverUrl } from './postgres-kit.ts'

describe.runIf(hasPostgres)('with PostgreSQL', () => {
  testStore('a Postgres store', () => {
    const schema = newSchema()
    return { open: (now) => openStore(`${serverUrl}/postgres`, { schema, ...(now && { now }) }) }
  })
})

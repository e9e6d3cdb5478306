import { describe } from 'vitest'
import { testEventLog } from '../server/log-contract.ts'
import { testStore } from '../server/store-contract.ts'
import { borrowSchema, hasPostgres, openStore, serverUrl } from './postgres-kit.ts'

describe.runIf(hasPostgres)('with PostgreSQL', () => {
  function create() {
    const schema = borrowSchema()
    return { open: (now?: () => number) => openStore(`${serverUrl}/postgres`, { schema, ...(now && { now }) }) }
  }

  testStore('a Postgres store', create)
  testEventLog('a Postgres store', create)
})

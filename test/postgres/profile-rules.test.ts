// The rules of profiles, keys and consent, in PostgreSQL.
import { describe } from 'vitest'
import { testProfileRules } from '../server/profile-rules.ts'
import { createLawSchema } from './law-database.ts'
import { hasPostgres } from './postgres-kit.ts'

describe.runIf(hasPostgres)('with PostgreSQL', () => {
  testProfileRules('in a schema', createLawSchema)
})

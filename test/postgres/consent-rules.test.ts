// The rules on consent, in PostgreSQL.
import { describe } from 'vitest'
import { testConsentRules } from '../server/consent-rules.ts'
import { createLawSchema } from './law-database.ts'
import { hasPostgres } from './postgres-kit.ts'

describe.runIf(hasPostgres)('with PostgreSQL', () => {
  testConsentRules('in a schema', createLawSchema)
})

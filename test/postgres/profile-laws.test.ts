// The law of profiles, in PostgreSQL. PROFILE_SEQUENCES is how many sequences.
import { describe } from 'vitest'
import { testProfileLaw } from '../server/profile-law.ts'
import { createLawSchema } from './law-database.ts'
import { hasPostgres } from './postgres-kit.ts'

describe.runIf(hasPostgres)('with PostgreSQL', () => {
  testProfileLaw(createLawSchema, Number(process.env.PROFILE_SEQUENCES ?? 60))
})

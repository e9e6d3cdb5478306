// The rules of profiles, keys and consent, on the SQLite tables.
import { createLawFile } from './law-database.ts'
import { testProfileRules } from './profile-rules.ts'

testProfileRules('with SQLite', createLawFile)

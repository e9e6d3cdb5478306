// The rules on consent, on the SQLite tables.
import { testConsentRules } from './consent-rules.ts'
import { createLawFile } from './law-database.ts'

testConsentRules('with SQLite', createLawFile)

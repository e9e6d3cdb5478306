// The law of profiles, on the SQLite tables. PROFILE_SEQUENCES is how many sequences; 10,000 take about two minutes.
import { createLawFile } from './law-database.ts'
import { testProfileLaw } from './profile-law.ts'

testProfileLaw(createLawFile, Number(process.env.PROFILE_SEQUENCES ?? 400))

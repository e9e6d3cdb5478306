import { setImmediate } from 'node:timers/promises'
import type { KnownPerson, PersonCounts, PersonKeys } from '../person.ts'
import { keysOfPerson } from '../profile.ts'
import type { Tables } from './outbox-tables.ts'
import type { PersonTable } from './person-search.ts'
import { reasonOf, whenFree } from './sqlite.ts'

export interface ErasureOptions {
  tables: Tables
  /** True if an event was handed out and has no result yet. Default: nobody knows. */
  isSending?: (id: number) => boolean
}

const chunk = 1000
// A server that is busy may read or write at the same time.
const patience = 30_000

/**
 * Deletes a person's events, and overwrites what is left of earlier ones in the free space of the file. The names and IDs of
 * received orders stay known, so that no order is accepted again. An event that is being sent is deleted at once, too: whatever
 * the answer is, it is not kept or sent again.
 *
 * @throws a sentence, if the free space could not be overwritten
 */
export async function erasePerson(
  { tables, isSending = () => false }: ErasureOptions,
  person: PersonKeys,
): Promise<PersonCounts> {
  const { profiles, linked } = await eraseProfiles(tables, person)
  const known: KnownPerson = { ...person, linked }
  let sending = 0

  /**
   * Erases in parts, so that intake can run in between. Returns the number of erased events, and the last row that was read.
   */
  async function eraseFrom(table: PersonTable, after: number): Promise<{ count: number; last: number }> {
    let count = 0
    let last = after
    for (;;) {
      const part = await whenFree(() => tables.searchPerson(table, last, known))
      if (!part) return { count, last }
      last = part.last
      if (part.ids.length) {
        const ids = part.ids
        const sent = table === 'waiting' ? ids.filter(isSending).length : 0
        count += await whenFree(() => (table === 'waiting' ? tables.removeWaiting(ids) : tables.drop(ids)))
        sending += sent
      }
      await setImmediate()
    }
  }

  const before = await eraseFrom('dead_letters', 0)
  const waiting = await eraseFrom('waiting', 0)
  // These events became dead letters meanwhile, or an event of the person that was just released has added them.
  const since = await eraseFrom('dead_letters', before.last)
  const again = await eraseProfiles(tables, person)
  const logLines = await eraseLines(tables, person)
  const customers = await whenFree(() => tables.forgetCustomer(person))
  await scrub(tables)
  const found = profiles + again.profiles
  return {
    waiting: waiting.count,
    deadLetters: before.count + since.count,
    sending,
    ...(found > 0 && { profiles: found }),
    ...(logLines > 0 && { logLines }),
    ...(customers > 0 && { customers }),
  }
}

/** Deletes the person's profiles in parts, and returns their number, visitor IDs and aliases. */
async function eraseProfiles(
  tables: Tables,
  person: PersonKeys,
): Promise<{ profiles: number; linked: readonly string[] }> {
  const ids: number[] = []
  const linked: string[] = []
  let part = await whenFree(() => tables.searchProfiles(0, person))
  while (part) {
    const { last } = part
    ids.push(...part.ids)
    linked.push(...part.linked)
    await setImmediate()
    part = await whenFree(() => tables.searchProfiles(last, person))
  }
  let profiles = 0
  for (let start = 0; start < ids.length; start += chunk) {
    profiles += await whenFree(() => tables.eraseProfiles(ids.slice(start, start + chunk)))
    await setImmediate()
  }
  await whenFree(() => tables.eraseKeys(keysOfPerson(person)))
  return { profiles, linked }
}

async function eraseLines(tables: Tables, person: PersonKeys): Promise<number> {
  let count = 0
  let last = 0
  for (;;) {
    const part = await whenFree(() => tables.searchLines(last, person))
    if (!part) return count
    last = part.last
    const { ids } = part
    if (ids.length) count += await whenFree(() => tables.deleteLines(ids))
    await setImmediate()
  }
}

async function scrub(tables: Tables): Promise<void> {
  try {
    await whenFree(tables.rewrite, patience)
    await whenFree(tables.emptyLog, patience)
  } catch (error) {
    throw new Error(
      `converge-tiktok: the events were deleted, but the free space of the file, which may still hold copies of them, could not be overwritten (${reasonOf(error)}). Make room on the disk for two more copies of the file, close what reads it for long, and erase the person again.`,
      { cause: error },
    )
  }
}

import { isRecord } from '../../core/read.ts'
import { shownId } from '../../store/log-entry.ts'
import type { Chosen, DeadLetter, Store } from '../../store/store.ts'
import { codeIn } from '../../tiktok/events-api/codes.ts'
import { redact } from '../redact.ts'
import { type Answer, refuse, respond } from '../respond.ts'
import type { AdminChanged, AdminDeadLetter, AdminDeadLetters } from './admin-api.ts'
import { adviceFor } from './advice.ts'

const MOST_SHOWN = 1000
const MOST_CHOSEN = 10_000

/** `GET admin/api/dead-letters`: the oldest 1,000, and how many there are. */
export async function readDeadLetters(store: Store): Promise<Answer> {
  const letters: AdminDeadLetter[] = []
  for await (const letter of store.deadLetters()) {
    letters.push(toAdminLetter(letter))
    if (letters.length === MOST_SHOWN) break
  }
  const { dead } = await store.stats()
  const total = Object.values(dead).reduce((sum, count) => sum + count, 0)
  return respond(200, { letters, total } satisfies AdminDeadLetters)
}

function toAdminLetter({ event_id, problem, ...letter }: DeadLetter): AdminDeadLetter {
  const advice = adviceFor({ status: 'failure', reason: problem, ...codeIn(problem) })
  return { ...letter, event_id: shownId(event_id), problem: redact(problem), advice }
}

/** Reads `{ ids: number[] | 'all' }`. */
export function readChosen(body: string): Chosen | undefined {
  const json = parse(body)
  const ids = isRecord(json) ? json.ids : undefined
  if (ids === 'all') return 'all'
  if (!Array.isArray(ids) || ids.length === 0 || ids.length > MOST_CHOSEN) return undefined
  const numbers: number[] = ids.filter((id) => Number.isSafeInteger(id) && id > 0)
  return numbers.length === ids.length ? numbers : undefined
}

export const wrongIds = refuse(400, `ids must be "all", or a list of 1 to ${MOST_CHOSEN} IDs of dead letters.`)

export const changed = (count: number): Answer => respond(200, { changed: count } satisfies AdminChanged)

export function parse(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

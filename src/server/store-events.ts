import type { EventsApi } from '../tiktok/events-api/client.ts'
import type { Intake, Taken } from './intake.ts'
import type { MatchKeys } from './match-keys.ts'
import type { Outbox } from './outbox.ts'
import { redact } from './redact.ts'
import type { RequestContext } from './request-context.ts'
import { type Answer, refuse, respond } from './respond.ts'

export interface StoreEventsOptions {
  api: EventsApi
  outbox: Outbox | undefined
  matchKeys: MatchKeys
  log: (sentence: string) => void
}

/** Answers once the events of a request are kept, or TikTok has them. */
export type StoreEvents = (intake: Intake, context: RequestContext) => Promise<Answer>

export function createStoreEvents({ api, outbox, matchKeys, log }: StoreEventsOptions): StoreEvents {
  let isRefusing = false

  async function keep(outbox: Outbox, taken: Taken[]): Promise<Answer | Taken[]> {
    try {
      if (taken.length > 0) await outbox.add(taken.map(({ event }) => event))
      isRefusing = false
      return []
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error))
      const reason = name === 'OutboxFull' ? 'The outbox is full' : 'The outbox could not keep this'
      if (!isRefusing) log(`converge-tiktok: ${reason}: ${redact(message)} Senders are told to send it again.`)
      isRefusing = true
      return refuse(503, `${reason}. Send it again later.`, [], { 'retry-after': '60' })
    }
  }

  /** Without an outbox. Gives back what TikTok will never take. */
  async function sendNow(taken: Taken[]): Promise<Answer | Taken[]> {
    const verdicts = await api.deliver(taken.map(({ event }) => event))
    if (verdicts.every((verdict) => verdict === 'done' || verdict === 'dead'))
      return taken.filter((_, index) => verdicts[index] === 'dead')
    return refuse(503, 'TikTok can not take this now. Send it again later.', [], {
      'retry-after': String(api.retryAfter()),
    })
  }

  return async ({ taken, problems, statuses }, context) => {
    const isByDesign = statuses?.filtered || statuses?.skipped || statuses?.no_consent
    if (taken.length === 0 && !isByDesign) return refuse(400, 'Nothing of this could be taken.', problems)
    const work = outbox ? keep(outbox, taken) : sendNow(taken)
    context.waitUntil?.(work)
    const refused = await work
    if (!Array.isArray(refused)) return refused
    matchKeys.count(taken.map(({ event }) => event))
    const accepted = new Set(taken.filter((one) => !refused.includes(one)).map(({ path }) => path)).size
    for (const { path, event } of refused) problems.push({ path, message: event.problem ?? 'was refused by TikTok' })
    return respond(202, { accepted, ...(statuses && { statuses }), problems })
  }
}

import type { EventsApi } from '../tiktok/events-api/client.ts'
import type { Intake, Taken } from './intake.ts'
import type { Outbox, Verdict } from './outbox.ts'
import { redact } from './redact.ts'
import type { RequestContext } from './request-context.ts'
import { type Answer, refuse, respond } from './respond.ts'
import { skipRepeated } from './skip-repeated.ts'

export interface StoreEventsOptions {
  api: EventsApi
  outbox: Outbox | undefined
  log: (sentence: string) => void
}

interface Stored {
  kept: Taken[]
  /** What TikTok will never take. */
  refused: Taken[]
}

/** Answers once the events of a request are kept, or TikTok has them. */
export type StoreEvents = (intake: Intake, context: RequestContext) => Promise<Answer>

export function createStoreEvents({ api, outbox, log }: StoreEventsOptions): StoreEvents {
  let isRefusing = false

  async function keep(outbox: Outbox, intake: Intake): Promise<Answer | Stored> {
    try {
      const events = intake.taken.map(({ event }) => event)
      const notTaken = events.length > 0 && (await outbox.add(events))
      isRefusing = false
      return { kept: skipRepeated(intake, notTaken || []), refused: [] }
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error))
      const reason = name === 'OutboxFull' ? 'The outbox is full' : 'The outbox could not keep this'
      if (!isRefusing) log(`converge-tiktok: ${reason}: ${redact(message)} Senders are told to send it again.`)
      isRefusing = true
      return refuse(503, `${reason}. Send it again later.`, [], { 'retry-after': '60' })
    }
  }

  /** Without an outbox. */
  async function sendNow({ taken }: Intake): Promise<Answer | Stored> {
    const verdicts = await api.deliver(taken.map(({ event }) => event))
    const having = (verdict: Verdict) => taken.filter((_, index) => verdicts[index] === verdict)
    const [kept, refused] = [having('done'), having('dead')]
    if (kept.length + refused.length === taken.length) return { kept, refused }
    return refuse(503, 'TikTok can not take this now. Send it again later.', [], {
      'retry-after': String(api.retryAfter()),
    })
  }

  return async (intake, context) => {
    const { taken, problems, statuses } = intake
    const isByDesign = statuses?.filtered || statuses?.skipped || statuses?.no_consent
    if (taken.length === 0 && !isByDesign) return refuse(400, 'Nothing of this could be taken.', problems)
    const work = outbox ? keep(outbox, intake) : sendNow(intake)
    context.waitUntil?.(work)
    const stored = await work
    if ('status' in stored) return stored
    const accepted = new Set(stored.kept.map(({ path }) => path)).size
    for (const { path, event } of stored.refused)
      problems.push({ path, message: event.problem ?? 'was refused by TikTok' })
    return respond(202, { accepted, ...(statuses && { statuses }), problems })
  }
}

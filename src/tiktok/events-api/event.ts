import type { EventParameters, User } from '../../types.ts'

/** One element of `data` in a request to TikTok's Events API. */
export interface EventsApiEvent {
  event: string
  /** Whole Unix seconds. Retries never change it. */
  event_time: number
  event_id: string
  limited_data_use?: boolean
  user: Omit<User, 'external_id'> & {
    /** The customer ID, the visitor ID, or both. */
    external_id?: string | readonly string[]
    ttclid?: string
    ttp?: string
    ip?: string
    user_agent?: string
    locale?: string
  }
  page: { url?: string; referrer?: string }
  properties: EventParameters
}

const HOUR = 3_600_000 // ms

/**
 * In milliseconds: how old an event may become before it is sent to the Events API, if the pixel may have had it. TikTok
 * forgets an event_id after 48 hours, and would count a later copy a second time.
 */
export const MAX_AGE_WITH_PIXEL = 47 * HOUR

/** The same for an event that the pixel did not have. */
export const MAX_AGE = 168 * HOUR

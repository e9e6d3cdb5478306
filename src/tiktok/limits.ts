// TikTok's limits, each written once.

const HOUR = 3600

/**
 * Seconds after an event until which its server copy may be sent, where the pixel may have sent the browser copy. TikTok
 * forgets an event_id after 48 hours, and would count a later copy a second time.
 */
export const SECONDS_BESIDE_PIXEL = 47 * HOUR

/** Seconds after an event until which TikTok takes it, where no pixel has sent it: 7 days. */
export const SECONDS_WITHOUT_PIXEL = 168 * HOUR

/** The most events in one call to the Events API. */
export const MAX_EVENTS_PER_CALL = 1000

/** The most bytes of events in one call to the Events API. TikTok's limit is about 1 MB; the rest is for the envelope. */
export const MAX_BYTES_PER_CALL = 1_000_000

/** The most bytes of TikTok's answer that are read. A longer one is not TikTok's. */
export const MAX_BYTES_PER_ANSWER = 1_000_000

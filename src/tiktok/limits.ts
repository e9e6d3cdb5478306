// TikTok's limits.

const HOUR = 3600

/**
 * The maximum age of an event, in seconds, for sending its server copy if the pixel may have sent the browser copy. TikTok
 * deduplicates for 48 hours, and counts a later copy as a second event.
 */
export const SECONDS_BESIDE_PIXEL = 47 * HOUR

/** The maximum age of an event, in seconds, that TikTok accepts if no pixel has sent it: 7 days. */
export const SECONDS_WITHOUT_PIXEL = 168 * HOUR

/** The maximum number of events in one call to the Events API. */
export const MAX_EVENTS_PER_CALL = 1000

/** The maximum bytes of events in one call to the Events API. TikTok's limit is about 1 MB. The rest is for the envelope. */
export const MAX_BYTES_PER_CALL = 1_000_000

/** The maximum bytes of TikTok's answer that are read. A longer answer is not from TikTok. */
export const MAX_BYTES_PER_ANSWER = 1_000_000

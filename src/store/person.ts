/** By what a person's events are found. Hashes are SHA-256 in lower-case hex, as in the `user` of an event. */
export interface PersonKeys {
  /** Hashes. */
  emails: readonly string[]
  /** Hashes. */
  phones: readonly string[]
  /** Hashes of customer ids. */
  customerIds: readonly string[]
  /** SHA-256 of `urn:namespace:value`. */
  aliases?: readonly string[]
  /** As they are: an order's id is its event_id, too. */
  orderIds: readonly string[]
}

/** A person, with what their profiles have of them besides. */
export interface KnownPerson extends PersonKeys {
  /** Visitor IDs and aliases of the person's profiles. Events with another email are not the person's. */
  linked: readonly string[]
}

/** How many events of a person there are, or were erased. */
export interface PersonCounts {
  waiting: number
  deadLetters: number
  /** Missing if there were none. */
  profiles?: number
  /** Of those that waited: on their way to TikTok at that moment, so that TikTok may get them once more. */
  sending: number
  /** Lines of the event log. Missing if there are none. */
  logLines?: number
  /** Entries in the history of customers, one for each key of the person. Missing if there is none. */
  customers?: number
}

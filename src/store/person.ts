/** The keys by which a person's events are found. Hashes are SHA-256 in lower-case hex, as in the `user` of an event. */
export interface PersonKeys {
  /** Hashes. */
  emails: readonly string[]
  /** Hashes. */
  phones: readonly string[]
  /** Hashes of customer ids. */
  customerIds: readonly string[]
  /** SHA-256 of `urn:namespace:value`. */
  aliases?: readonly string[]
  /** Not hashed. An order's ID is its event_id, too. */
  orderIds: readonly string[]
}

/** A person, with the additional keys from their profiles. */
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
  /** Waiting events that were being sent at that moment. TikTok may still receive them. */
  sending: number
  /** Lines of the event log. Missing if there are none. */
  logLines?: number
  /** Entries in the history of customers, one for each key of the person. Missing if there is none. */
  customers?: number
}

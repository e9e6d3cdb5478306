/** The alerts that were posted and are not over, by cause. They are in the database, so that a restart does not repeat them. */
export interface PostedAlerts {
  read(): Promise<ReadonlyMap<string, string>>
  /** Replaces all of them. */
  write(sentences: ReadonlyMap<string, string>): Promise<void>
}

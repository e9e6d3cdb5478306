/** When a message is posted. A message says in words what is wrong, and contains no personal data. */
export interface AlertsConfig {
  /** The address of an incoming webhook, over https, which takes `{ "text": "…" }` as Slack's do. It may contain a key. */
  url: string
  /** Minutes that an event may wait beyond its due time. Default 30. */
  oldestMinutes?: number
  /** The number of dead letters above which a message is posted. Default 100. */
  deadLetters?: number
  /** Hours without an order. Default: not checked. */
  silentHours?: number
}

export const defaultAlerts = { oldestMinutes: 30, deadLetters: 100 } as const

/** What to do with the events of a call that TikTok answered. */
export type Action =
  | 'done'
  | 'report' // done, but not all of it: a person should know
  | 'split' // one of them is at fault: halve the call until that one stands alone
  | 'stop' // a configuration fault: keep everything
  | 'retry'
  | 'isolate' // nobody knows: halve the call, so that what is at fault waits alone, and later

export interface CodeRow {
  from: number
  /** The last code of a range. Default: `from` alone. */
  to?: number
  action: Action
  meaning: string
  /** For `stop`: what a person has to do. */
  advice?: string
}

const newToken =
  'Generate an access token in TikTok Events Manager (the pixel, Settings, Generate Access Token) and start the forwarder with it.'

/** `code` in the answers of TikTok's Events API v1.3. They come in an HTTP 200, the errors too. */
export const codes: readonly CodeRow[] = [
  { from: 0, action: 'done', meaning: 'OK' },
  { from: 20001, action: 'report', meaning: 'taken in part' },
  { from: 40050, action: 'done', meaning: 'duplicate request' },
  { from: 40000, action: 'split', meaning: 'bad request' },
  { from: 40002, action: 'split', meaning: 'parameter error' },
  { from: 40061, to: 40063, action: 'split', meaning: 'batch size, or personal data that is not hashed' },
  {
    from: 40001,
    action: 'stop',
    meaning: 'no permission for this pixel',
    advice: `Check that pixelId is the pixel that the access token was made for. ${newToken}`,
  },
  { from: 40102, action: 'stop', meaning: 'the access token has expired', advice: newToken },
  { from: 40104, action: 'stop', meaning: 'the access token is missing', advice: newToken },
  { from: 40105, action: 'stop', meaning: 'the access token is wrong or was revoked', advice: newToken },
  { from: 40118, action: 'stop', meaning: 'the access token is invalid', advice: newToken },
  { from: 40100, action: 'retry', meaning: 'too many requests' },
  { from: 40132, action: 'retry', meaning: 'too many requests' },
  { from: 61000, action: 'retry', meaning: 'too many requests' },
  { from: 50000, action: 'retry', meaning: 'system error' },
  { from: 50002, action: 'retry', meaning: 'system error' },
  { from: 51000, to: 52999, action: 'retry', meaning: 'error on their side' },
  { from: 60001, action: 'retry', meaning: 'error on their side' },
]

export function rowOf(code: number): CodeRow | undefined {
  return codes.find(({ from, to = from }) => code >= from && code <= to)
}

/** What to do with the events of a call after TikTok's answer. */
export type Action =
  | 'done'
  | 'report' // accepted in part: log it
  | 'split' // one event is faulty: halve the batch until it is alone
  | 'stop' // a configuration fault: keep everything
  | 'retry'
  | 'isolate' // unknown code: halve the batch, so that only the faulty event is retried alone

export interface CodeRow {
  from: number
  /** The last code of a range. Default: only `from`. */
  to?: number
  action: Action
  meaning: string
  /** For `stop`: what the operator has to do. */
  advice?: string
}

const newToken =
  'Generate an access token in TikTok Events Manager (the pixel, Settings, Generate Access Token) and start the forwarder with it.'

/** The `code` in answers of TikTok's Events API v1.3. Errors have HTTP status 200 too. */
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

/** The code in a sentence of `readAnswer`, if it has one. */
export function codeIn(problem: string): { code?: number } {
  const [, code] = /\bcode (\d{1,9}):/.exec(problem) ?? []
  return code === undefined ? {} : { code: Number(code) }
}

export function rowOf(code: number): CodeRow | undefined {
  return codes.find(({ from, to = from }) => code >= from && code <= to)
}

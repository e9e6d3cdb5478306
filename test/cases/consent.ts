import type { ConsentMode, Decision, Reason, Status } from '../../src/types.ts'

// The result of each consent mode for each possible decision.

/** The decisions about marketing, in order, before an event is tracked. */
export const decisions = {
  unknown: [],
  granted: ['granted'],
  denied: ['denied'],
  revoked: ['granted', 'denied'],
  'granted again': ['granted', 'denied', 'granted'],
} as const satisfies Record<string, readonly Decision[]>

export interface ConsentCase {
  mode: ConsentMode
  said: keyof typeof decisions
  /** `held`: sent when the visitor grants it in this page. */
  browser: 'sent' | 'held' | 'none'
  /** `bare`: with only the data of the call itself. */
  server: 'sent' | 'bare' | 'held' | 'none'
  result: readonly [status: Status, reason?: Reason]
}

const sent = { browser: 'sent', server: 'sent', result: ['success'] } as const
const none = { browser: 'none', server: 'none', result: ['no_consent', 'denied'] } as const
const held = { browser: 'held', server: 'held', result: ['no_consent', 'undecided'] } as const
const bareHeld = { browser: 'held', server: 'bare', result: ['success', 'undecided'] } as const
const bare = { browser: 'none', server: 'bare', result: ['success', 'denied'] } as const

export const consentCases: ConsentCase[] = [
  { mode: 'always', said: 'unknown', ...sent },
  { mode: 'always', said: 'granted', ...sent },
  { mode: 'always', said: 'denied', ...sent },
  { mode: 'always', said: 'revoked', ...sent },
  { mode: 'always', said: 'granted again', ...sent },

  { mode: 'always_server', said: 'unknown', ...bareHeld },
  { mode: 'always_server', said: 'granted', ...sent },
  { mode: 'always_server', said: 'denied', ...bare },
  { mode: 'always_server', said: 'revoked', ...bare },
  { mode: 'always_server', said: 'granted again', ...sent },

  { mode: 'implied', said: 'unknown', ...sent },
  { mode: 'implied', said: 'granted', ...sent },
  { mode: 'implied', said: 'denied', ...none },
  { mode: 'implied', said: 'revoked', ...none },
  { mode: 'implied', said: 'granted again', ...sent },

  { mode: 'require', said: 'unknown', ...held },
  { mode: 'require', said: 'granted', ...sent },
  { mode: 'require', said: 'denied', ...none },
  { mode: 'require', said: 'revoked', ...none },
  { mode: 'require', said: 'granted again', ...sent },
]

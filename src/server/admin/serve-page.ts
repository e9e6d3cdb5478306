import type { Answer } from '../respond.ts'
import { builtPage } from './built-page.ts'

/** Serves the operator's page. It has no data of its own: its script asks for them, and shows a sign-in form first. */
export function servePage(): Answer {
  return {
    status: 200,
    text: builtPage.html,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': builtPage.policy,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'permissions-policy': 'camera=(), geolocation=(), microphone=()',
    },
  }
}

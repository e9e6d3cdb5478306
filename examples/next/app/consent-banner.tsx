'use client'
import { converge } from '../converge.ts'

/** An example. Your own banner only has to call `consent`. */
export function ConsentBanner() {
  return (
    <button type="button" onClick={() => converge.consent({ analytics: 'granted', marketing: 'granted' })}>
      Accept
    </button>
  )
}

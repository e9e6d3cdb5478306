'use client'
import { converge } from '../converge.ts'

/** Stands for yours: what counts is that it calls `consent`. */
export function ConsentBanner() {
  return (
    <button type="button" onClick={() => converge.consent({ analytics: 'granted', marketing: 'granted' })}>
      Accept
    </button>
  )
}

import type { ForwarderConfig } from '../server/forwarder.ts'
import { hasSignedSource } from '../server/has-signed-source.ts'
import { readHistoryConfig, whyUnknown } from '../server/new-customers.ts'
import type { Finding } from './finding.ts'

/** Reports whether the history of customers decides who is new. `now` is in milliseconds since 1970. */
export function checkNewCustomers(config: ForwarderConfig, now: number): Finding[] {
  const { newCustomers } = config
  const isSigned = hasSignedSource(config)
  if (newCustomers && !isSigned)
    return [
      {
        ok: false,
        text: 'newCustomers is set, but only sources with a secret add orders to the history of customers, and there is none. Add one, or remove newCustomers.',
      },
    ]
  if (!isSigned) return []
  const reason = whyUnknown(readHistoryConfig(newCustomers), now)
  if (reason) return [{ ok: newCustomers?.since === undefined ? undefined : false, text: reason }]
  return [
    {
      ok: true,
      text: `The history of customers decides who is new, for orders since ${newCustomers?.since}. It must have all orders of your shop.`,
    },
  ]
}

import type { Log } from '../core/log.ts'
import type { ForwarderConfig } from './forwarder-config.ts'

/** What a store may lack, and the option that would ask for it. */
const features = {
  log: {
    isMissing: ({ store }) => store !== undefined && !store.log,
    means: "no event log: the operator's page shows no events, and reconcile has nothing to compare",
  },
} as const satisfies Record<string, { isMissing: (config: ForwarderConfig) => boolean; means: string }>

/** @throws an error that names an option which the store cannot fulfill */
export function checkFeatures(config: ForwarderConfig): void {
  for (const [name, { isMissing, means }] of Object.entries(features)) {
    const isWanted = Object.entries(config).some(([option, value]) => option === name && Boolean(value))
    if (isWanted && isMissing(config))
      throw new Error(
        `converge-tiktok: ${name} is set, but this database keeps ${means}. Leave ${name} out, or use a file.`,
      )
  }
}

/** Says when a forwarder starts what its store lacks, unless the config turns it off. */
export function tellMissingFeatures(config: ForwarderConfig, log: Log): void {
  for (const [name, { isMissing, means }] of Object.entries(features)) {
    const isOff = Object.entries(config).some(([option, value]) => option === name && value === false)
    if (!isOff && isMissing(config)) log('info', `This database keeps ${means}`)
  }
}

import { existsSync } from 'node:fs'
import { checkConfig } from '../../server/check-config.ts'
import type { ForwarderConfig } from '../../server/forwarder.ts'
import { readHistoryConfig } from '../../server/new-customers.ts'
import { createServerIntake, type ReadServerEvents } from '../../server/server-intake.ts'
import type { Source, Sources } from '../../server/sources/sources.ts'
import { readConfigFile } from '../config-file.ts'
import { readEnvironment } from '../environment.ts'
import { Refused } from '../orders-file/refused.ts'
import { suggestion } from '../read-words.ts'
import { UsageError } from '../usage-error.ts'

/** The source that the orders of a file belong to, and its pipeline. */
export interface Pipeline {
  config: Omit<ForwarderConfig, 'outbox' | 'store'>
  source: Source
  read: ReadServerEvents
}

export interface PipelineFlags {
  config: string
  source?: string | undefined
  send: boolean
}

/**
 * Reads the config. Without it, orders can be compared but not sent.
 *
 * @throws UsageError if the source is not named and there are several
 * @throws Refused if orders must not be sent now
 */
export function openPipeline(flags: PipelineFlags): Pipeline | undefined {
  const { config: path, send } = flags
  if (!send && flags.source === undefined && !existsSync(path)) return undefined
  // Only a running server uses the token.
  const config = readConfigFile(path, { TIKTOK_ACCESS_TOKEN: 'not-used', ...readEnvironment(path) })
  const { sources } = checkConfig(config)
  const source = pickSource(sources, flags)
  if (!source) {
    if (send) throw new UsageError(`--send needs an enabled source with a secret, and ${path} has none`)
    return undefined
  }
  if (send) assertOpen(config, source)
  return {
    config,
    source,
    read: createServerIntake(source, sources.web, { history: readHistoryConfig(config.newCustomers), canWait: true }),
  }
}

function pickSource({ all, named, web }: Sources, { source: name, send }: PipelineFlags): Source | undefined {
  const signed = all.filter((source) => source !== web)
  const names = signed.map((source) => source.name)
  if (name !== undefined) {
    const source = named(name)
    if (source) return source
    throw new UsageError(
      `--source is "${name}"${suggestion(name, names)}, not one of the sources with a secret: ${names.join(', ') || 'there is none'}`,
    )
  }
  const enabled = signed.filter(({ isEnabled }) => isEnabled)
  if (enabled.length < 2) return enabled[0]
  if (!send) return undefined
  throw new UsageError(
    `The config has several sources with a secret: ${names.join(', ')}. Name the one that the orders belong to with --source`,
  )
}

function assertOpen({ paused }: Pipeline['config'], { name, isEnabled }: Source): void {
  if (paused)
    throw new Refused(
      'converge-tiktok: paused is true in the config, so nothing may be sent. Reconcile without --send.',
    )
  if (!isEnabled)
    throw new Refused(
      `converge-tiktok: sources.${name}.enabled is false, so its orders may not be sent. Reconcile without --send.`,
    )
}

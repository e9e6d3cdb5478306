import { type Deliver, type OutboxEvent, OutboxFull } from '../../server/outbox.ts'
import type { AddResult } from '../add-result.ts'
import type { PersonCounts, PersonKeys } from '../person.ts'
import type {
  Chosen,
  DeadLetter,
  Drained,
  DrainOptions,
  Extras,
  MergeOptions,
  StartOptions,
  StoreStats,
} from '../store.ts'
import { createRowAdder } from './add-rows.ts'
import { connect, reasonOf } from './connections.ts'
import { createDatabaseClock } from './database-clock.ts'
import { createDeadLetters, readStats } from './dead-letters.ts'
import { createRounds, type Rounds } from './delivery.ts'
import { createDenials } from './denials.ts'
import { createDrain } from './drain.ts'
import { countPerson, erasePerson } from './erase-person.ts'
import { createIntake } from './intake.ts'
import { createLogReader } from './log-reader.ts'
import { createLogPruning } from './log-writer.ts'
import { type Loop, startLoop } from './loop.ts'
import { createOrderTraces } from './order-traces.ts'
import { createPauseSwitch } from './pause-switch.ts'
import { createPostedAlerts } from './posted-alerts.ts'
import { DEFAULT_SCHEMA, lockKey, type Migration, openSchema, quoteSchema, readOwner } from './postgres-schema.ts'
import { readPostgresUrl, UnusableDatabase } from './postgres-url.ts'
import { createProfilePruning } from './profile-pruning.ts'
import { createQueue } from './queue.ts'
import { createRelease } from './release.ts'
import { createSettlement } from './settlement.ts'
import { createSharedState } from './shared-state.ts'

export interface PostgresOptions {
  /**
   * Such as `postgres://user@host:5432/database?sslmode=verify-full`. `sslmode` is `disable`, `no-verify`, `verify-ca`,
   * `require` or `verify-full`; the last two are the same. `sslrootcert` is the path of a certificate. Default: no TLS.
   */
  url: string
  /** The password, if the URL has none. Default: the environment variable PGPASSWORD. */
  password?: string | undefined
  /** The pixel that owns the schema. A schema of another pixel is refused. Default: not checked. */
  pixelId?: string | undefined
  /** The schema of the tables, one for each pixel. It is created if it does not exist. Default `converge`. */
  schema?: string
  /** Milliseconds of the pause after the first failure, and of the longest pause. Default 1,000 and 60,000. */
  retryAfter?: { first: number; longest: number }
  /** Seconds until another forwarder takes the events of one that was killed. Default 30. */
  leaseSeconds?: number
  /** Milliseconds since 1970. Default: the database's clock. */
  now?: () => number
  /** Returns a random number from 0 up to, but not including, 1. */
  random?: () => number
  /** Receives the sentences to log. Default `console.error`. */
  log?: (sentence: string) => void
}

/** For tests and tools. */
export interface EngineOptions extends PostgresOptions {
  /** Default: all. */
  migrations?: readonly Migration[]
  /** False refuses a database without tables of this package, or with older ones. Default true. */
  create?: boolean
}

// Rows of each total. More processes than this share rows.
const SLOTS = 64

export type PostgresEngine = ReturnType<typeof openPostgresEngine>

/**
 * Opens a database of one pixel. It connects on first use, and creates or updates the tables then.
 *
 * @throws UnusableDatabase if the URL or the schema's name is invalid
 */
export function openPostgresEngine(options: EngineOptions) {
  const { pixelId, random = Math.random, log = console.error, leaseSeconds = 30 } = options
  const { schema: name = DEFAULT_SCHEMA, retryAfter = { first: 1000, longest: 60_000 } } = options
  const address = readPostgresUrl(options.url, options.password)
  const schema = quoteSchema(name)
  const connections = connect(address)
  const rows = createRowAdder(schema, Math.floor(random() * SLOTS), lockKey(name, 'profiles'))
  const clock = createDatabaseClock(connections, options.now)
  const { now } = clock
  const parts = { connections, schema, rows, now }
  const intake = createIntake(parts)
  const deadLetters = createDeadLetters(parts)
  const shared = createSharedState(connections, schema)
  const queue = createQueue({ connections, schema, lock: lockKey(name, 'delivery'), leaseSeconds })
  const settlement = createSettlement(parts)
  const pruneLines = createLogPruning(connections, schema, lockKey(name, 'log'))
  const release = createRelease({ ...parts, queue })
  const denials = createDenials(parts)
  const profilePruning = createProfilePruning(parts)
  let opening: Promise<void> | undefined
  let loop: Loop | undefined
  let drain: ReturnType<typeof createDrain> | undefined
  let lastStats: StoreStats | undefined
  let isClosed = false

  async function open(): Promise<void> {
    const { shown } = address
    await openSchema(connections, {
      schema: name,
      pixelId,
      shown,
      migrations: options.migrations,
      create: options.create,
    })
    await clock.read()
    if (!address.isDeliberate)
      log(
        `converge-tiktok: the connection to ${shown} is not encrypted. Add ?sslmode=verify-full to the URL, or ?sslmode=disable if the network is private.`,
      )
  }

  /** Opens the database once. After a failure, the next call tries again. */
  function ready(): Promise<void> {
    opening ??= open().catch((error: unknown) => {
      opening = undefined
      throw error
    })
    return opening
  }

  function roundsOf(deliver: Deliver, { mergeOrders, log: kept = {}, ...rules }: StartOptions): Rounds {
    const pruning = {
      prune: () => deadLetters.prune(),
      pruneLog: () => pruneLines(now(), kept),
      pruneProfiles: () => profilePruning(rules.profiles),
    }
    const times = { longestWait: mergeOrders * 1000, leaseMilliseconds: leaseSeconds * 1000, retryAfter }
    return createRounds({
      queue,
      settlement,
      shared,
      release,
      denials,
      rules,
      ...pruning,
      deliver,
      ready,
      ...times,
      now,
      random,
      log,
      clock,
    })
  }

  return {
    ready,
    parts,
    keepsHistory: true,
    keepsProfiles: true,
    pauseSwitch: createPauseSwitch(connections.query, schema, now, ready),
    postedAlerts: createPostedAlerts(connections, schema, ready),
    log: createLogReader(connections.query, schema, ready),
    traces: createOrderTraces(connections.query, schema, ready),

    async add(events: readonly OutboxEvent[], options: MergeOptions, extras?: Extras): Promise<AddResult[]> {
      if (isClosed) throw new OutboxFull('The database is closing.')
      await ready()
      const results = await intake.add(events, options, extras)
      loop?.wake()
      return results
    },

    start(deliver: Deliver, given: StartOptions): void {
      loop ??= startLoop(roundsOf(deliver, given))
    },

    drain(deliver: Deliver, given: StartOptions & DrainOptions): Promise<Drained> {
      drain ??= createDrain(roundsOf(deliver, given))
      return drain(given)
    },

    async stats(): Promise<StoreStats> {
      try {
        await ready()
        lastStats = await readStats(connections, schema, now())
        return lastStats
      } catch (error) {
        const stopped =
          error instanceof UnusableDatabase ? error.message : `The database cannot be used (${reasonOf(error)}).`
        return { ...(lastStats ?? nothing), stopped }
      }
    },

    async *deadLetters(): AsyncGenerator<DeadLetter> {
      await ready()
      yield* deadLetters.list()
    },
    async requeue(chosen: Chosen): Promise<number> {
      await ready()
      const count = await deadLetters.requeue(chosen)
      loop?.wake()
      return count
    },
    async drop(chosen: Chosen): Promise<number> {
      await ready()
      return deadLetters.drop(chosen)
    },
    async erase(person: PersonKeys): Promise<PersonCounts> {
      await ready()
      return erasePerson(parts, person)
    },
    async count(person: PersonKeys): Promise<PersonCounts> {
      await ready()
      return countPerson(parts, person)
    },
    async schemaVersion(): Promise<number> {
      await ready()
      return (await readOwner(connections.query, schema)).version
    },

    async close(): Promise<void> {
      if (isClosed) return
      isClosed = true
      await Promise.all([loop?.close(), intake.end()])
      await connections.end()
    },
  }
}

const nothing: StoreStats = {
  waiting: 0,
  sent: 0,
  dead: {},
  oldest: undefined,
  stopped: undefined,
  orders: { merged: 0, conflict: 0, late_twin: 0, left_to_source: 0 },
  no_consent: 0,
  profiles: { profiles: 0, denials: 0, shared_keys: 0 },
  customers: { new: 0, returning: 0, unknown: 0 },
}

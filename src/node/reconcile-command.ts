import { profileLimits } from '../server/profile-limits.ts'
import type { EventLog } from '../store/event-log.ts'
import type { OrderTraces } from '../store/order-traces.ts'
import { type CommandStore, openCommandStore } from './command-store.ts'
import { fileFlags, readDatabaseFlags } from './file-flags.ts'
import { type OrdersFile, openOrders, ordersFlags } from './orders-file/open-orders.ts'
import { readTime, validTime } from './orders-file/read-time.ts'
import { Refused } from './orders-file/refused.ts'
import { createProgressBar } from './progress-bar.ts'
import { readWords } from './read-words.ts'
import { type CheckedOrder, findWords } from './reconcile/find-words.ts'
import { openPipeline, type Pipeline } from './reconcile/pipeline.ts'
import { orderLines, printedId, sentLines, totalLines } from './reconcile/report.ts'
import { createRules, type OrderRules } from './reconcile/rules.ts'
import { type SentOrder, sendOrder } from './reconcile/send-orders.ts'
import { UsageError } from './usage-error.ts'

const exitCodes = { accountedFor: 0, neverSeen: 1, wrongUsage: 2, refused: 3 } as const

/**
 * Compares a shop's orders with what arrived here. Resolves with the exit code: 0 if all are accounted for, 1 if some never
 * arrived, 2 if the command or a file is wrong.
 *
 * @throws UsageError, and Refused (3) if the answer would be wrong
 */
export async function reconcileCommand(words: string[]): Promise<number> {
  try {
    return await reconcile(words)
  } catch (error) {
    if (error instanceof Refused || error instanceof UsageError) throw error
    // 1 would mean that orders are missing.
    console.error(error instanceof Error ? error.message : String(error))
    return exitCodes.wrongUsage
  }
}

async function reconcile(words: string[]): Promise<number> {
  const { values, positionals } = readWords({
    args: words,
    options: {
      ...fileFlags,
      ...ordersFlags,
      config: { type: 'string', default: 'converge.json' },
      source: { type: 'string' },
      since: { type: 'string' },
      all: { type: 'boolean', default: false },
      force: { type: 'boolean', default: false },
      send: { type: 'boolean', default: false },
    },
    allowPositionals: true,
  })
  const [file, ...others] = positionals
  if (!file || others.length)
    throw new UsageError('reconcile needs one file with orders, such as orders.csv or orders.jsonl')
  const since = readSince(values.since, values.timezone)
  const database = readDatabaseFlags(values)
  if (values.send && database.kind === 'outbox')
    throw new UsageError(`--send needs a database, but ${database.path} is used as an outbox. Name it with --database`)
  const pipeline = openPipeline(values)
  const orders = await openOrders(file, values)
  if (values.send) assertSendable(file, orders)
  const store = await openCommandStore(database, pipeline?.config.pixelId)
  try {
    return await run({ ...values, store, orders, pipeline, since })
  } finally {
    await store.close()
  }
}

function readSince(since: string | undefined, timezone: string | undefined): number {
  if (since === undefined) return Number.NEGATIVE_INFINITY
  const read = readTime(since, timezone ?? 'UTC')
  if (typeof read === 'string') throw new UsageError(`--since is "${since}", not ${validTime}`)
  return read.time
}

/** @throws Refused if the file does not have what an order needs to be sent */
function assertSendable(file: string, { map }: OrdersFile): void {
  for (const field of ['status', 'total', 'currency'] as const) {
    if (map.columns[field]) continue
    const reason = field === 'status' ? 'Only paid orders may be sent' : 'An order without a value may not be sent'
    throw new Refused(
      `converge-tiktok: ${file} has no known column for ${field}. ${reason}. Name it with --map, such as --map ${field}=Column.`,
    )
  }
}

interface Run {
  store: CommandStore
  orders: OrdersFile
  pipeline: Pipeline | undefined
  since: number
  all: boolean
  force: boolean
  send: boolean
}

async function run({ store, orders, pipeline, since, all, force, send }: Run): Promise<number> {
  const { traces, log } = store
  if (!traces) throw new Error('converge-tiktok: this database cannot find orders by their IDs.')
  const now = Date.now()
  const rules = createRules(pipeline?.source, now)
  const bar = createProgressBar()
  const logStart = await startOf(log)
  const { whyLeftOut } = rules
  const show = (count: number) => bar.show(orders.share(), `${count} orders`)
  const checked = await findWords(orders.orders, { traces, log, logStart, since, whyLeftOut, show }).finally(bar.clear)
  assertLogReaches(checked.orders, logStart)
  if (!force) await assertKnown(checked.orders, traces)
  print([...orderLines(checked.orders, all), ...totalLines(checked.orders, checked.leftOut)])
  const missing = checked.orders.filter(({ word }) => word === 'never_seen')
  if (!send || !pipeline) return missing.length ? exitCodes.neverSeen : exitCodes.accountedFor

  const results = await sendAll(missing, { store, pipeline, rules })
  print(sentLines(results))
  return results.some(({ notSent }) => notSent !== undefined) ? exitCodes.neverSeen : exitCodes.accountedFor
}

/** @throws Refused while the intake is paused */
async function sendAll(
  missing: readonly CheckedOrder[],
  { store, pipeline, rules }: { store: CommandStore; pipeline: Pipeline; rules: OrderRules },
): Promise<SentOrder[]> {
  if (await store.pauseSwitch?.pausedSince())
    throw new Refused(
      'converge-tiktok: the command "converge-tiktok pause" stopped the intake, so nothing may be sent. Reconcile without --send, or resume first.',
    )
  const { config, read } = pipeline
  const sending = {
    store,
    read,
    hasLog: store.log !== undefined && config.log !== false,
    rules: { consent: config.consent, gpc: config.gpc, profiles: profileLimits(config) },
    whyUnsafe: rules.whyUnsafe,
    now: Date.now,
  }
  const bar = createProgressBar()
  const results: SentOrder[] = []
  // Oldest first, as the orders were placed: the first order of a customer decides who is new.
  for (const { order } of [...missing].sort((one, other) => one.order.time - other.order.time)) {
    results.push(await sendOrder(order, sending))
    bar.show(results.length / missing.length, `${results.length} orders`)
  }
  bar.clear()
  return results
}

const hour = 3_600_000

/** The time since which the log certainly has every event. Its first hour may be incomplete. */
async function startOf(log: EventLog | undefined): Promise<number> {
  const first = (await log?.summary(0, Date.now()))?.hours[0]
  return first ? first.start + hour : Number.POSITIVE_INFINITY
}

/** @throws Refused if all unknown orders may be older than the log */
function assertLogReaches(orders: readonly CheckedOrder[], logStart: number): void {
  const unknown = orders.filter(({ word }) => word === 'unknown')
  if (!unknown.length || unknown.length < orders.length) return
  const start = Number.isFinite(logStart) ? `begins at ${new Date(logStart).toISOString()}` : 'is empty or switched off'
  throw new Refused(
    `converge-tiktok: none of the ${unknown.length} orders is known here, and the event log ${start}, so it does not say whether they arrived. Use a file with newer orders.`,
  )
}

const leastKnown = 0.8
const samples = 5

/** @throws Refused if so few orders are known that their IDs are probably not those of the file */
async function assertKnown(orders: readonly CheckedOrder[], traces: OrderTraces): Promise<void> {
  const inWindow = orders.filter(({ word }) => word !== 'unknown')
  const missing = inWindow.filter(({ word }) => word === 'never_seen')
  const known = inWindow.length - missing.length
  if (!missing.length || known / inWindow.length >= leastKnown) return
  const ofFile = missing.slice(0, samples).map(({ order }) => printedId(order.id))
  const here = (await traces.latest(samples)).map(printedId)
  throw new Refused(
    `converge-tiktok: only ${known} of ${inWindow.length} orders are known here. Probably the file has other IDs. IDs of the file: ${ofFile.join(', ')}. IDs of orders that arrived here: ${here.join(', ') || 'none'}. Name the column with --map id=Name, or add --force if so many orders are missing.`,
  )
}

function print(lines: readonly string[]): void {
  for (const line of lines) console.log(line)
}

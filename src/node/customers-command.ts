import { readProfile } from '../server/profile.ts'
import type { CustomerOrder } from '../store/customer-history.ts'
import { type CommandStore, openCommandStore } from './command-store.ts'
import { type FileFlags, fileFlags, type NamedFile, type NamedPostgres, readDatabaseFlags } from './file-flags.ts'
import { openOrders, ordersFlags } from './orders-file/open-orders.ts'
import { whyNoPurchase } from './orders-file/order-status.ts'
import type { FileOrder } from './orders-file/read-orders.ts'
import { UnreadableFile } from './orders-file/records.ts'
import { createProgressBar } from './progress-bar.ts'
import { readWords, suggestion } from './read-words.ts'
import { UsageError } from './usage-error.ts'

/** `customers import` adds the orders of a file to the history of customers. The server may run meanwhile. */
export async function customersCommand(words: string[]): Promise<number> {
  const { values, positionals } = readWords({
    args: words,
    options: { ...fileFlags, ...ordersFlags },
    allowPositionals: true,
  })
  const [name = '', file, ...others] = positionals
  if (name !== 'import')
    throw new UsageError(`The only subcommand of customers is import${suggestion(name, ['import'])}`)
  if (!file || others.length) throw new UsageError('customers import needs one file with orders, such as orders.csv')
  const database = readDatabase(values)
  const { map, orders, share } = await openOrders(file, values)
  if (!map.columns.email && !map.columns.phone && !map.columns.customer)
    throw new UnreadableFile(
      `converge-tiktok: ${file} has no known column with an email address, a phone number or a customer ID, so its customers are not known. Name one with --map, such as --map email=Email.`,
    )
  const store = await openCommandStore(database)
  const bar = createProgressBar()
  try {
    const counts = await importOrders(store, orders, (read) => bar.show(share(), `${read} orders`))
    bar.clear()
    for (const line of toLines(file, map.format, counts)) console.log(line)
  } finally {
    bar.clear()
    await store.close()
  }
  return 0
}

function readDatabase(flags: FileFlags): NamedFile | NamedPostgres {
  const named = readDatabaseFlags(flags)
  if (named.kind === 'outbox')
    throw new Error(
      `converge-tiktok: ${named.path} is used as an outbox, which has no history of customers. Name a database with --database. ${named.path} itself can be used as one.`,
    )
  return named
}

interface Counts {
  orders: number
  /** Orders without a readable key of a person. */
  unnamed: number
  /** Orders that are no purchase, by the reason. */
  leftOut: Map<string, number>
  /** Milliseconds since 1970. */
  oldest: number
}

// One transaction and one sync of the disk.
const chunk = 500

async function importOrders(
  store: CommandStore,
  orders: AsyncIterable<FileOrder>,
  show: (read: number) => void,
): Promise<Counts> {
  const counts: Counts = { orders: 0, unnamed: 0, leftOut: new Map(), oldest: Number.POSITIVE_INFINITY }
  let part: CustomerOrder[] = []
  let read = 0
  const write = async () => {
    const history = { orders: part }
    part = []
    if (history.orders.length) await store.add([], { mergeOrders: 0 }, { history })
  }
  for await (const order of orders) {
    read++
    const reason = whyNoPurchase(order.values)
    const person = readPerson(order)
    if (reason) counts.leftOut.set(reason, (counts.leftOut.get(reason) ?? 0) + 1)
    else if (!person) counts.unnamed++
    else {
      counts.orders++
      counts.oldest = Math.min(counts.oldest, order.time)
      part.push({ id: order.id, time: order.time, person, isCovered: false, rows: [] })
    }
    if (part.length >= chunk) {
      await write()
      show(read)
    }
  }
  await write()
  return counts
}

/** The keys of the person, normalized and hashed as in events. */
function readPerson({ values }: FileOrder): CustomerOrder['person'] | undefined {
  const { email: $email, phone: $phone_number, customer: $customer_id, country: $country_code } = values
  const { user } = readProfile({ $email, $phone_number, $customer_id, $country_code }, {}, [])
  const { email, phone, external_id: customerId } = user
  return email || phone || customerId ? { email, phone, customerId } : undefined
}

function toLines(file: string, format: string, { orders, unnamed, leftOut, oldest }: Counts): string[] {
  const noPurchase = [...leftOut].map(([reason, count]) => `${count} ${reason}`).join(', ')
  return [
    `${orders} orders of ${file} (${format}) are in the history of customers. You can import a file again.`,
    ...(noPurchase ? [`Left out, because they are no purchases: ${noPurchase}.`] : []),
    ...(unnamed ? [`Left out, because they have no readable email, phone number or customer ID: ${unnamed}.`] : []),
    ...(orders
      ? [
          `If your shop has no orders besides these and those that its webhook sends, set newCustomers.since to ${new Date(oldest).toISOString().slice(0, 10)} in converge.json.`,
        ]
      : []),
  ]
}

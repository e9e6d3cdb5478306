#!/usr/bin/env node
import { createRequire } from 'node:module'
import { Refused } from './orders-file/refused.ts'
import { suggestion } from './read-words.ts'
import { UsageError } from './usage-error.ts'

const help = `Usage: converge-tiktok <command> [options]

  init               write converge.json and .env, and print what to add to your shop.
                     Asks for each value that no option sets
    --pixel <id>       the pixel ID
    --domain <domain>  the shop's domain, such as shop.example
    --platform <name>  shopify, woocommerce or other
    --region <name>    us if the ads account is in TikTok's US region, otherwise other
    --forwarder <url>  the forwarder's URL; default: https://converge.<domain>
    --config <file>    the file to write; default: converge.json
    --force            overwrite the file without asking

  serve              receive events from pages and servers, and send them to TikTok's Events API
    --config <file>    the config; default: converge.json
    --port <number>    default: the environment variable PORT, otherwise 8080
    --host <address>   the address to listen on; default: all addresses
    --database <file>  the file that keeps events until TikTok has them; orders are merged there;
                       default: outbox.db if it exists (used like --outbox), otherwise converge.db
    --database <url>   a PostgreSQL server instead, such as
                       postgres://user@host:5432/database?sslmode=verify-full
    --outbox <file>    like --database, but does not merge orders
    --schema <name>    the schema in PostgreSQL, one for each pixel; default: converge
    --max-bytes <n>    the size limit of the file; default: 1000000000
    --reserve-bytes <n>  the space that must stay free on its disk; default: 32000000
    --admin-port <number>  serve the operator's page on a port of its own; default: on the main port, at /admin
    --admin-host <address>  the address of that port; default: 127.0.0.1
    --log <text|json>  the format of log lines; default: text

  outbox list        list dead letters, which are events that cannot be sent, with the reasons
  outbox retry <id…> queue dead letters again; --all for all
  outbox drop <id…>  delete dead letters; --all for all
    --database, --outbox  the file, as for serve

  database backup <file>  copy the database to a new file; the server may be running
    --database, --outbox  the file, as for serve
  database move      move everything from a file to PostgreSQL. Stop its server first. You can run it again
    --from <file>      default: converge.db
    --to <url>         the URL of a PostgreSQL server; --schema as for serve

  pause              stop accepting events, on all servers that use the database; waiting events are still sent
  resume             accept events again
    --database, --outbox  the file, as for serve

  forget             erase a person's events, profile, history and lines in the event log; the server may be running
    --email <address>  the person; also --phone <number>, --customer <id>, --alias <urn>, --order <id>.
                       You can repeat each of them
    --stdin            read the person from lines such as: email jane@example.com
    --dry-run          only show what is stored
    --database, --outbox  the file, as for serve

  reconcile <file>   report whether each order of a Shopify or WooCommerce export (CSV or JSONL) was sent.
                     The exit code is 0 if all are accounted for, 1 if some never arrived,
                     2 if the command or a file is wrong, 3 if the answer would be wrong
    --map, --timezone  the columns and the zone, as for customers import
    --since <time>     only orders from this time on
    --all              also list the orders that were sent
    --force            report even if less than 80 % of the orders are known
    --send             send orders that never arrived, if they are paid and less than 47 hours old
    --source <name>    with --send: the source of the orders, if the config has several
    --config <file>    the config; default: converge.json
    --database, --outbox  the file, as for serve

  customers import <orders.csv>  add the orders of a Shopify or WooCommerce export to the history of customers
    --map <list>       the columns of another file, such as id=Name,time=Date,email=Email
    --timezone <name>  the zone of dates without one, such as Europe/Berlin
    --database         the file, as for serve

  check              print a report before you go live
    --config <file>    the config; default: converge.json
    --database, --outbox  the file, as for serve; the report says whether it is paused
    --url <page>       also check a page of the shop: its script tag and Content-Security-Policy
    --test-code <code> also send a test event for each row of the mapping.
                       Events Manager shows the code under Test events

  copy <folder>      copy converge.js, converge-pixel.js, consent.js and inspector.js to a folder of your site,
                     and print their integrity hashes

  --help, -h         show this help
  --version, -v      show the version

serve reads its config again on SIGHUP.
Environment variables:
  TIKTOK_ACCESS_TOKEN     the access token of the pixel
  CONVERGE_WEBHOOK_TOKEN  the token for /webhook
  CONVERGE_ADMIN_TOKEN    the token for /admin and the details of /health
  CONVERGE_METRICS_TOKEN  the token for /metrics
  CONVERGE_DATABASE_URL   the URL of a PostgreSQL server, if no option names a database
  PGPASSWORD              the password of PostgreSQL
  PORT                    the port of serve
All except PORT can also be in a file .env next to the config.`

type Command = (words: string[]) => Promise<number>

/** Each command is loaded when it is run, because loading all of them takes several times as long as starting Node. */
const commands: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ['init', async () => (await import('./init-command.ts')).initCommand],
  ['serve', async () => (await import('./serve-command.ts')).serveCommand],
  ['outbox', async () => (await import('./outbox-command.ts')).outboxCommand],
  ['database', async () => (await import('./database-command.ts')).databaseCommand],
  ['customers', async () => (await import('./customers-command.ts')).customersCommand],
  ['reconcile', async () => (await import('./reconcile-command.ts')).reconcileCommand],
  ['pause', async () => (await import('./pause-command.ts')).pauseCommand],
  ['resume', async () => (await import('./pause-command.ts')).resumeCommand],
  ['forget', async () => (await import('./forget-command.ts')).forgetCommand],
  ['check', async () => (await import('./check-command.ts')).checkCommand],
  ['copy', async () => (await import('./copy-command.ts')).copyCommand],
])

try {
  process.exitCode = await run(process.argv.slice(2))
} catch (error) {
  const { message } = Object(error)
  const isUsage = error instanceof UsageError
  console.error(isUsage ? `${message}. --help shows all commands and options.` : message)
  process.exitCode = isUsage ? 2 : error instanceof Refused ? 3 : 1
}

async function run([name = 'help', ...words]: string[]): Promise<number> {
  if ([name, ...words].some((word) => /^(help|--help|-h)$/.test(word))) {
    console.log(help)
    return 0
  }
  if ([name, ...words].some((word) => /^(--version|-v)$/.test(word))) {
    // By package name, because the build puts this file into another folder.
    console.log(createRequire(import.meta.url)('converge-tiktok/package.json').version)
    return 0
  }
  const load = commands.get(name)
  if (!load)
    throw new UsageError(`converge-tiktok has no command "${name}"${suggestion(name, [...commands.keys(), 'help'])}`)
  const command = await load()
  return command(words)
}

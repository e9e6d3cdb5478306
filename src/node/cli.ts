#!/usr/bin/env node
import { createRequire } from 'node:module'
import { checkCommand } from './check-command.ts'
import { copyCommand } from './copy-command.ts'
import { databaseCommand } from './database-command.ts'
import { forgetCommand } from './forget-command.ts'
import { initCommand } from './init-command.ts'
import { outboxCommand } from './outbox-command.ts'
import { suggestion } from './read-words.ts'
import { serveCommand } from './serve-command.ts'
import { UsageError } from './usage-error.ts'

const help = `Usage: converge-tiktok <command> [options]

  init               write converge.json and .env, and say what to add to the shop
    --pixel <id>       the pixel ID. What no flag says is asked for
    --domain <domain>  the shop's domain
    --platform <name>  shopify, woocommerce or other
    --region <name>    us for TikTok's US region, else other
    --forwarder <url>  default https://converge.<domain>
    --config <file>    default converge.json
    --force            overwrite it without asking

  serve              receive events from pages and servers, and send them to TikTok's Events API
    --config <file>    default converge.json: the config, and allowedOrigins, eventsApiUrl, trustProxy, allowTest
    --port <number>    default: PORT in the environment, else 8080
    --host <address>   the address to listen on; default: all
    --database <file>  keeps events until TikTok has them, and merges orders.
                       default: outbox.db where that exists, as with --outbox, else converge.db
    --outbox <file>    instead of --database: keeps events, and merges nothing
    --max-bytes <n>    how large the file may become; default 1000000000
    --reserve-bytes <n>  how much of its disk must stay free; default 32000000
    --log <text|json>  default text: how log lines are written

  outbox list        show what was set aside, and why
  outbox retry <id…> let it wait again; --all for everything
  outbox drop <id…>  delete it; --all for everything
    --database, --outbox  the file, as for serve

  database backup <file>  copy the database, also while it is served
    --database, --outbox  the file, as for serve

  forget             erase a person's waiting events and dead letters, also while the file is served
    --email <address>  whom; also --phone <number>, --customer <id>, --order <id>. Each may be repeated
    --stdin            read whom from lines such as: email jane@example.com
    --dry-run          only show what is there
    --database, --outbox  the file, as for serve

  check              a go-live report
    --config <file>    default converge.json
    --url <page>       also look at a page of the shop: its policy, the script in it
    --test-code <code> also send a test event for each row of the mapping; from Events Manager, Test events

  copy <folder>      copy converge.js, converge-pixel.js, consent.js and inspector.js to a folder of your site,
                     and print their integrity hashes

  --help, -h         this page
  --version, -v      the version

SIGHUP makes serve read its config again.
Environment: TIKTOK_ACCESS_TOKEN, CONVERGE_WEBHOOK_TOKEN for /webhook, CONVERGE_ADMIN_TOKEN for all of /health, and PORT. A file .env
beside the config may hold all of them but PORT.`

const commands: ReadonlyMap<string, (words: string[]) => Promise<number>> = new Map([
  ['init', initCommand],
  ['serve', serveCommand],
  ['outbox', outboxCommand],
  ['database', databaseCommand],
  ['forget', forgetCommand],
  ['check', checkCommand],
  ['copy', copyCommand],
])

try {
  process.exitCode = await run(process.argv.slice(2))
} catch (error) {
  const { message } = Object(error)
  const isUsage = error instanceof UsageError
  console.error(isUsage ? `${message}. --help shows what there is.` : message)
  process.exitCode = isUsage ? 2 : 1
}

async function run([name = 'help', ...words]: string[]): Promise<number> {
  if ([name, ...words].some((word) => /^(help|--help|-h)$/.test(word))) {
    console.log(help)
    return 0
  }
  if ([name, ...words].some((word) => /^(--version|-v)$/.test(word))) {
    // By its name, since the file is built into another folder.
    console.log(createRequire(import.meta.url)('converge-tiktok/package.json').version)
    return 0
  }
  const command = commands.get(name)
  if (!command)
    throw new UsageError(`converge-tiktok has no command "${name}"${suggestion(name, [...commands.keys(), 'help'])}`)
  return command(words)
}

import { existsSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { confirm, select, text } from '@clack/prompts'
import { cookieDomain, domainWords, readDomain } from '../core/domain.ts'
import { type Option, options, text as textOption } from '../core/options.ts'
import { checkCommand } from './check-command.ts'
import { type Answers, nextSteps, type Platform, toConfigFile, toEnvironmentFile, variablesOf } from './init-files.ts'
import { readWords } from './read-words.ts'
import { UsageError } from './usage-error.ts'

/** The terminal for the questions. `isInteractive` is true if somebody can answer them. */
export interface Terminal {
  input: Readable
  output: Writable
  isInteractive: boolean
}

const ownTerminal = (): Terminal => ({
  input: process.stdin,
  output: process.stdout,
  isInteractive: process.stdin.isTTY === true && process.stdout.isTTY === true,
})

/** The user canceled a question with Ctrl+C. */
class Canceled extends Error {
  override name = 'Canceled'
}

/** Writes converge.json and .env, prints the next steps, and runs `check`. */
export async function initCommand(words: string[], terminal: Terminal = ownTerminal()): Promise<number> {
  const { values } = readWords({
    args: words,
    options: {
      pixel: { type: 'string' },
      domain: { type: 'string' },
      platform: { type: 'string' },
      region: { type: 'string' },
      forwarder: { type: 'string' },
      config: { type: 'string', default: 'converge.json' },
      force: { type: 'boolean', default: false },
    },
  })
  try {
    const answers = await readAnswers(values, terminal)
    await askToOverwrite(values.config, values.force, terminal)
    writeFileSync(values.config, toConfigFile(answers))
    console.log(`Wrote ${values.config}.`)
    writeEnvironment(join(dirname(values.config), '.env'), answers.platform)
    console.log(`\n${nextSteps(answers)}\n`)
    return await report(values.config)
  } catch (error) {
    if (!(error instanceof Canceled)) throw error
    console.log('Canceled. Nothing was written.')
    return 1
  }
}

type Flags = Readonly<Partial<Record<'pixel' | 'domain' | 'platform' | 'region' | 'forwarder', string>>>

async function readAnswers(flags: Flags, terminal: Terminal): Promise<Answers> {
  const ask = createAsk(terminal)
  const pixelId = await ask.text('pixel', flags.pixel, { message: 'Pixel ID', option: options.pixelId })
  const typed = await ask.text('domain', flags.domain, {
    message: "Your shop's domain",
    option: [(value) => readDomain(value) !== undefined, domainWords],
  })
  const domain = readDomain(typed) ?? typed
  const platform = await ask.choice('platform', flags.platform, {
    message: 'Your shop system',
    choices: { shopify: 'Shopify', woocommerce: 'WooCommerce', other: 'Other' },
  })
  const region = await ask.choice('region', flags.region, {
    message: "Is your TikTok ads account in TikTok's US region?",
    choices: { other: 'No', us: 'Yes' },
  })
  const forwarder = await ask.text('forwarder', flags.forwarder, {
    message: 'URL of your forwarder',
    option: textOption(/^https?:\/\/[^\s/?#]+[^\s?#]*$/i, 'a URL, such as https://converge.shop.example'),
    suggested: `https://converge.${cookieDomain(domain)}`,
  })
  return { pixelId, domain, platform, region, forwarder: forwarder.replace(/\/+$/, '') }
}

interface TextQuestion {
  message: string
  option: Option
  /** The value of an empty answer. */
  suggested?: string
}

interface ChoiceQuestion<Value extends string> {
  message: string
  choices: Readonly<Record<Value, string>>
}

/** Returns the value of a flag, or asks for it. Without a terminal, the flag is required. */
function createAsk({ input, output, isInteractive }: Terminal) {
  function missing(flag: string): UsageError {
    return new UsageError(`--${flag} is missing. Without a terminal, init cannot ask for it`)
  }

  return {
    async text(flag: string, given: string | undefined, { message, option, suggested }: TextQuestion): Promise<string> {
      const [fits, valid] = option
      if (given !== undefined && !fits(given)) throw new UsageError(`--${flag} is "${given}", not ${String(valid)}`)
      if (given !== undefined) return given
      if (!isInteractive && suggested !== undefined) return suggested
      if (!isInteractive) throw missing(flag)
      const answer = await text({
        message,
        input,
        output,
        ...(suggested !== undefined && { placeholder: suggested, defaultValue: suggested }),
        validate: (value) => (fits(value || suggested) ? undefined : `This is not ${String(valid)}.`),
      })
      return known<string>(answer)
    },

    async choice<Value extends string>(
      flag: string,
      given: string | undefined,
      { message, choices }: ChoiceQuestion<Value>,
    ): Promise<Value> {
      const values = keysOf(choices)
      if (given !== undefined) {
        const value = values.find((one) => one === given)
        if (value === undefined) throw new UsageError(`--${flag} is "${given}", not one of ${values.join(', ')}`)
        return value
      }
      if (!isInteractive) throw missing(flag)
      const names = values.map((value): { value: string; label: string } => ({ value, label: choices[value] }))
      const answer = known(await select({ message, input, output, options: names }))
      return values.find((one) => one === answer) ?? Promise.reject(missing(flag))
    },
  }
}

function keysOf<Value extends string>(record: Readonly<Record<Value, string>>): Value[] {
  const isKey = (name: string): name is Value => Object.hasOwn(record, name)
  return Object.keys(record).filter(isKey)
}

/** The library returns a symbol if the user pressed Ctrl+C. */
function known<Value extends string | boolean>(answer: Value | symbol): Value {
  if (typeof answer === 'symbol') throw new Canceled()
  return answer
}

async function askToOverwrite(path: string, force: boolean, { input, output, isInteractive }: Terminal): Promise<void> {
  if (force || !existsSync(path)) return
  if (!isInteractive) throw new UsageError(`${path} already exists. Use --force to overwrite it`)
  const message = `${path} already exists. Overwrite it?`
  if (!known(await confirm({ message, initialValue: false, input, output }))) throw new Canceled()
}

/** Never overwrites the file, because it may contain secrets. */
function writeEnvironment(path: string, platform: Platform): void {
  if (!existsSync(path)) {
    writeFileSync(path, toEnvironmentFile(platform), { mode: 0o600 })
    console.log(`Wrote ${path}. Fill in the values. Do not commit the file.`)
    return
  }
  const names = variablesOf(platform).map(([name]) => name)
  console.log(
    `${path} already exists and was not changed. The forwarder reads these variables from it: ${names.join(', ')}.`,
  )
}

/** Runs `check`. Prints its error as the next thing to do. */
async function report(config: string): Promise<number> {
  try {
    return await checkCommand(['--config', config])
  } catch (error) {
    console.log(`Next: ${(error instanceof Error ? error.message : String(error)).replace('converge-tiktok: ', '')}`)
    return 0
  }
}

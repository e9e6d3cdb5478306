import type { ForwarderConfig } from '../server/forwarder.ts'
import { pixelOrigin } from '../tiktok/hosts.ts'
import { checkCookies } from './cookie-check.ts'
import { forbiddenBy, readPolicies } from './csp.ts'
import type { Finding } from './finding.ts'
import { checkMatchKeys } from './match-key-check.ts'
import { startTags } from './start-tags.ts'

const timeout = 10_000
const maxPage = 5_000_000

/** Checks a page of the shop for problems that prevent tracking. */
export async function checkPage(address: string, config: ForwarderConfig): Promise<Finding[]> {
  if (!URL.canParse(address))
    return [{ ok: false, text: `--url "${address}" is not a web address. Use one such as https://www.shop.example.` }]
  const found = await read(address)
  if (typeof found === 'string') return [{ ok: false, text: `${address}: ${found}` }]
  const { page, html, header } = found
  const { script, relay: own } = findTag(html, page)
  const relay = relayOf(own ?? config.relay, script, page)
  return [
    originFinding(page, config),
    await scriptFinding(script),
    ...snippetFindings(html, config),
    ...policyFindings(readPolicies(header, html), { page, script, relay, config }),
    ...(await checkCookies({ page, html, relay, config })),
    ...(await checkMatchKeys(relay, config)),
  ]
}

interface Found {
  /** The address after redirects. */
  page: URL
  html: string
  header: string | null
}

async function read(address: string): Promise<Found | string> {
  try {
    const response = await fetch(address, { headers: { accept: 'text/html' }, signal: AbortSignal.timeout(timeout) })
    const html = (await response.text()).slice(0, maxPage)
    if (!response.ok) return `the page answered ${response.status}.`
    return { page: new URL(response.url), html, header: response.headers.get('content-security-policy') }
  } catch (error) {
    const { message, cause } = Object(error)
    const reason = Object(cause).code ?? Object(cause).message ?? message
    return `the page could not be read (${reason}). Check its address, and whether this machine can reach it.`
  }
}

interface Tag {
  script?: URL
  /** The relay on the tag, which takes precedence over the config's. */
  relay?: string | undefined
}

/** The script tag of converge.js. */
function findTag(html: string, page: URL): Tag {
  for (const tag of startTags(html, 'script')) {
    const source = attributeOf(tag, 'src')
    const script = source !== undefined && URL.canParse(source, page) ? new URL(source, page) : page
    if (/\/converge(-[a-z-]+)?\.js$/.test(script.pathname)) return { script, relay: attributeOf(tag, 'data-relay') }
  }
  return {}
}

function attributeOf(tag: string, name: string): string | undefined {
  const match = new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^"'\\s>]+))`, 'i').exec(tag)
  return match?.slice(1).find((value) => value !== undefined)
}

/** The forwarder that the page posts to: its `relay`, or the forwarder that served the script. */
function relayOf(relay: string | undefined, script: URL | undefined, page: URL): URL | undefined {
  if (relay === undefined) return script && new URL('.', script)
  return URL.canParse(relay, page) ? new URL(relay, page) : undefined
}

function originFinding({ origin }: URL, { allowedOrigins }: ForwarderConfig): Finding {
  return allowedOrigins.includes(origin)
    ? { ok: true, text: `allowedOrigins contains ${origin}.` }
    : { ok: false, text: `allowedOrigins does not contain ${origin}, so this page's events would be refused. Add it.` }
}

async function scriptFinding(script: URL | undefined): Promise<Finding> {
  if (!script) {
    return {
      ok: undefined,
      text: 'No script tag for converge.js was found. That is fine if converge-tiktok is in your bundle.',
    }
  }
  const found = await read(script.href)
  return typeof found === 'string'
    ? { ok: false, text: `${script.href} is in the page, but ${found.replace('the page', 'it')}` }
    : { ok: true, text: `${script.href} is in the page.` }
}

function snippetFindings(html: string, { pixelId }: ForwarderConfig): Finding[] {
  const isThere = new RegExp(`ttq\\.load\\(\\s*['"]${pixelId}`).test(html)
  const text = "The page contains TikTok's own snippet for this pixel, so events would count twice. Remove the snippet."
  return isThere ? [{ ok: false, text }] : []
}

interface Needs {
  page: URL
  script: URL | undefined
  relay: URL | undefined
  config: ForwarderConfig
}

function policyFindings(policies: string[], { page, script, relay, config }: Needs): Finding[] {
  const tiktok = pixelOrigin(config.region)
  const needs = [
    { kind: 'script', url: new URL(`${tiktok}/i18n/pixel/events.js`), what: "TikTok's script" },
    { kind: 'connect', url: new URL(`${tiktok}/api/v2/pixel`), what: "the pixel's hits" },
    ...(script ? [{ kind: 'script', url: script, what: 'converge.js' } as const] : []),
    ...(relay ? [{ kind: 'connect', url: relay, what: 'the relay' } as const] : []),
  ] as const
  const forbidden = needs.flatMap(({ kind, url, what }) => {
    const names = policies.flatMap((policy) => forbiddenBy(policy, kind, url, page) ?? [])
    const text = `The page's Content-Security-Policy blocks ${what}. Add ${url.origin} to ${names[0]}.`
    return names.length ? [{ ok: false, text }] : []
  })
  if (forbidden.length) return forbidden
  const allowed = `The page's Content-Security-Policy allows TikTok${relay ? ' and the relay' : ''}.`
  return [{ ok: true, text: policies.length ? allowed : 'The page has no Content-Security-Policy.' }]
}

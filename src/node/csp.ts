import { startTags } from './start-tags.ts'

/** The directives to look for, in this order (CSP 3, 6.8.3). */
const fallbacks = {
  script: ['script-src-elem', 'script-src', 'default-src'],
  connect: ['connect-src', 'default-src'],
} as const

/** A page's Content-Security-Policies. Every one of them must allow a URL. */
export function readPolicies(header: string | null, html: string): string[] {
  const metas = startTags(html, 'meta')
    .filter((tag) => /http-equiv\s*=\s*["']?content-security-policy["'\s>]/i.test(tag))
    .map((tag) => /\bcontent\s*=\s*(?:"([^"]*)"|'([^']*)')/i.exec(tag))
    .map((match) => (match?.[1] ?? match?.[2] ?? '').replaceAll('&#39;', "'").replaceAll('&quot;', '"'))
  return [...(header ?? '').split(','), ...metas].map((policy) => policy.trim()).filter(Boolean)
}

/** The directive that blocks a URL, or `undefined`. */
export function forbiddenBy(policy: string, kind: keyof typeof fallbacks, url: URL, page: URL): string | undefined {
  const directives = new Map<string, string[]>()
  for (const directive of policy.split(';')) {
    const [name = '', ...sources] = directive.trim().split(/\s+/)
    // If a directive is repeated, the first one counts.
    if (!directives.has(name.toLowerCase())) directives.set(name.toLowerCase(), sources)
  }
  const name = fallbacks[kind].find((one) => directives.has(one))
  if (!name) return undefined
  const sources = directives.get(name) ?? []
  // Trusted scripts may then load other scripts from any host.
  const isTrusting = kind === 'script' && sources.some((source) => /^'strict-dynamic'$/i.test(source))
  return isTrusting || sources.some((source) => fits(source, url, page)) ? undefined : name
}

function fits(source: string, url: URL, page: URL): boolean {
  if (source === '*') return /^https?:$/.test(url.protocol)
  if (/^'self'$/i.test(source)) return url.origin === page.origin
  const scheme = /^([a-z][a-z\d+.-]*:)$/i.exec(source)?.[1]?.toLowerCase()
  if (scheme) return isScheme(scheme, url)
  const match = /^(?:([a-z][a-z\d+.-]*:)\/\/)?(\*|(?:\*\.)?[^\s:/']+)(?::(\d+|\*))?(\/[^?#]*)?$/i.exec(source)
  if (!match) return false
  const [, protocol = page.protocol, host = '', port = '', path = ''] = match
  return (
    isScheme(protocol.toLowerCase(), url) && isHost(host.toLowerCase(), url) && isPort(port, url) && isPath(path, url)
  )
}

/** `http:` also means `https:`. */
function isScheme(scheme: string, url: URL): boolean {
  return scheme === url.protocol || (scheme === 'http:' && url.protocol === 'https:')
}

function isHost(host: string, url: URL): boolean {
  if (host === '*') return true
  return host.startsWith('*.') ? url.hostname.endsWith(host.slice(1)) : url.hostname === host
}

function isPort(port: string, url: URL): boolean {
  const standard = url.protocol === 'https:' ? '443' : '80'
  return port === '*' || (port || standard) === (url.port || standard) || (port === '80' && url.protocol === 'https:')
}

function isPath(path: string, url: URL): boolean {
  return path.endsWith('/') ? url.pathname.startsWith(path) : path === '' || url.pathname === path
}

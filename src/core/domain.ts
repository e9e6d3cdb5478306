/** What is valid, in words. */
export const domainWords = 'a domain, such as shop.example'

// An address around the name is common: https://, a dot in front, a port, a path, a dot at the end.
const shape = /^(?:(?:https?:)?\/\/)?\.?((?:[\w\u00a1-\uffff-]+\.)*[\w\u00a1-\uffff-]+)\.?(?::\d+)?(?:[/?#].*)?$/i

/** The host of a shop's domain, in lower case: `shop.example` for `https://Shop.example/`. Nothing if it is no domain. */
export function readDomain(domain: unknown): string | undefined {
  return typeof domain === 'string' ? shape.exec(domain.trim())?.[1]?.toLowerCase() : undefined
}

/** The domain of a cookie that all hosts of a shop may read: without `www.`. */
export const cookieDomain = (domain: unknown): string | undefined => readDomain(domain)?.replace(/^www\.(?=.+\.)/, '')

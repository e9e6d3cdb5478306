/** What is valid, in words. */
export const domainWords = 'a domain, such as shop.example'

// Shops often set more than the name: https://, a leading dot, a port, a path, a trailing dot. A name without a dot is none, because
// browsers refuse its cookies.
const shape =
  /^(?:(?:https?:)?\/\/)?\.?((?:[\w\u00a1-\uffff-]+\.)+[\w\u00a1-\uffff-]+|localhost)\.?(?::\d+)?(?:[/?#].*)?$/i

/** The host of a shop's domain, in lower case: `shop.example` for `https://Shop.example/`. `undefined` if it is not a domain. */
export function readDomain(domain: unknown): string | undefined {
  return typeof domain === 'string' ? shape.exec(domain.trim())?.[1]?.toLowerCase() : undefined
}

/** The domain for a cookie that all hosts of a shop can read, without `www.`. */
export const cookieDomain = (domain: unknown): string | undefined => readDomain(domain)?.replace(/^www\.(?=.+\.)/, '')

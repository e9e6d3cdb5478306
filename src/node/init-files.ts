import { cookieDomain } from '../core/domain.ts'

export type Platform = 'shopify' | 'woocommerce' | 'other'

/** The answers to `init`'s questions. */
export interface Answers {
  pixelId: string
  /** The shop's domain, such as `www.shop.example`. */
  domain: string
  platform: Platform
  /** `us`: TikTok's US host. */
  region: 'us' | 'other'
  /** The forwarder's base URL, without a slash at the end. */
  forwarder: string
}

/** The source of each platform, and the variable that holds its secret. */
const sourceOf = {
  shopify: { name: 'shopify', config: { type: 'shopify', secretFrom: 'SHOPIFY_SECRET' }, variable: 'SHOPIFY_SECRET' },
  woocommerce: {
    name: 'woocommerce',
    config: { type: 'woocommerce', secretFrom: 'WOOCOMMERCE_SECRET' },
    variable: 'WOOCOMMERCE_SECRET',
  },
  other: { name: 'webhook', config: undefined, variable: 'CONVERGE_WEBHOOK_TOKEN' },
} as const satisfies Record<Platform, object>

/** The text of converge.json. */
export function toConfigFile({ pixelId, domain, platform, region }: Answers): string {
  const { name, config } = sourceOf[platform]
  const bare = cookieDomain(domain) ?? domain
  const hosts = bare === domain ? [domain, `www.${domain}`] : [domain, bare]
  const origins = hosts.map((host) => `https://${host}`)
  const file = {
    $schema: './node_modules/converge-tiktok/dist/converge.schema.json',
    pixelId,
    domain,
    // "null" is the origin of Shopify's custom pixels.
    allowedOrigins: platform === 'shopify' ? [...origins, 'null'] : origins,
    consent: 'require',
    ...(platform === 'shopify' && { consentFrom: ['shopify'] }),
    ...(region === 'us' && { region }),
    ...(config && { sources: { [name]: config } }),
  }
  return `${JSON.stringify(file, undefined, 2)}\n`
}

/** The variables that the forwarder reads, and where each value comes from. */
export function variablesOf(platform: Platform): [name: string, from: string][] {
  const secrets = {
    shopify: "The key under Shopify's Settings › Notifications › Webhooks, or the app's client secret",
    woocommerce: 'The secret of the webhooks, under WooCommerce › Settings › Advanced › Webhooks',
    other: 'The token that your server sends as X-Webhook-Token. Generate one with: openssl rand -hex 32',
  } as const satisfies Record<Platform, string>
  return [
    ['TIKTOK_ACCESS_TOKEN', 'TikTok Events Manager: the pixel, Settings, Generate Access Token'],
    [sourceOf[platform].variable, secrets[platform]],
    [
      'CONVERGE_ADMIN_TOKEN',
      'Gives access to /admin and the details of /health. Generate one with: openssl rand -hex 32',
    ],
  ]
}

/** The text of .env: variables without values. */
export function toEnvironmentFile(platform: Platform): string {
  return variablesOf(platform)
    .map(([name, from]) => `# ${from}\n${name}=\n`)
    .join('')
}

const examples = 'https://github.com/converge-tiktok/converge-tiktok/tree/main/examples'

const stub = `<script>
  window.converge = window.converge || { q: [] }
  for (const name of ['init', 'track', 'set', 'consent', 'on']) {
    converge[name] = converge[name] || ((...rest) => { converge.q.push([name, ...rest]) })
  }
</script>`

/** What to add to the shop, and where to send its orders. */
export function nextSteps({ platform, forwarder }: Answers): string {
  const steps = {
    shopify: [
      'The theme: add converge-tiktok.liquid. Set its script to',
      `  ${forwarder}/converge.js`,
      'The checkout: add custom-pixel.js as a custom pixel. Set its forwarder to',
      `  ${forwarder}`,
      'Paid orders: create a webhook for "Order payment", in JSON, with the URL',
      `  ${forwarder}/webhook/shopify`,
      `Both files and the steps in Shopify are in ${examples}/shopify`,
    ],
    woocommerce: [
      `The shop: install the plugin from ${examples}/woocommerce`,
      'Set its CONVERGE_SCRIPT to',
      `  ${forwarder}/converge.js`,
      'Paid orders: create webhooks for "Order created" and "Order updated" with the delivery URL',
      `  ${forwarder}/webhook/woocommerce`,
    ],
    other: [
      'The pages: add this to the head of each page.',
      '',
      stub,
      `<script async src="${forwarder}/converge.js"></script>`,
      '',
      "Orders from your server: post them in the format of Converge's server API to",
      `  ${forwarder}/webhook`,
    ],
  } as const satisfies Record<Platform, readonly string[]>
  return steps[platform].join('\n')
}

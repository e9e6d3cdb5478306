import { Window as HappyWindow } from 'happy-dom'
import { expect, test } from 'vitest'
import { readTag } from '../../src/browser/tag.ts'
import { options } from '../../src/core/options.ts'
import { pixelId } from '../cases/case.ts'

const { document } = new HappyWindow()

/** The attributes of a script tag, as a browser parses them. */
function read(attributes: string): unknown {
  document.body.innerHTML = `<script ${attributes}></script>`
  try {
    return readTag(Object(document.querySelector('script')))
  } catch (error) {
    return String(error)
  }
}

const kebab = (name: string) => name.replace(/[A-Z]/g, '-$&').toLowerCase()
const onTag = Object.entries(options).flatMap(([name, [, , readAttribute]]) => (readAttribute ? [name] : []))
const notOnTag = Object.keys(options).filter((name) => !onTag.includes(name))

test('the options on a tag are read', () => {
  const attributes = `src=x async data-pixel-id="${pixelId}" data-content-id="sku" data-consent-from="shopify, google"
    data-limited-data-use data-auto-config="false" data-debug="true" data-relay="/converge" data-nonce=""`
  expect(read(attributes)).toEqual({
    pixelId,
    contentId: 'sku',
    consentFrom: ['shopify', 'google'],
    limitedDataUse: true,
    autoConfig: false,
    debug: true,
    relay: '/converge',
    nonce: '',
  })
  expect(read('src="https://t.shop.example/converge.js" id="converge"')).toEqual({})
})

test.each([
  'data-cfasync="false"',
  'data-nscript="afterInteractive"',
  'data-consent-src="x.js"',
  'data-src="x.js"',
  'data-type="text/javascript"',
  'data-name="converge"',
  'data-delay="5"',
  'data-loaded="true"',
  'data-content="x"',
  'data-category="marketing"',
  'data-cookieconsent="marketing"',
  'data-cookiecategory="marketing"',
  'data-categories="C0004"',
  'data-ot-ignore',
  'data-usercentrics="TikTok"',
  'data-rocket-src="x.js"',
  'data-rocket-defer',
  'data-no-optimize="1"',
  'data-turbo-track="reload"',
  'data-astro-rerun',
  'data-wp-strategy="async"',
  'data-borlabs-script-blocker-id="x"',
  'data-hid="x" data-n-head="ssr"',
  'data-iub-purposes="5" data-suppressedsrc="x"',
  'data-vendor="c:tiktok"',
  'data-cmp-src="x" data-cmp-vendor="s1"',
  'data-host="x" data-id="1" data-version="2" data-lang="de"',
])('an attribute of another program is ignored, and never reaches the config: %s', (attributes) => {
  expect(read(`data-pixel-id="${pixelId}" ${attributes}`)).toEqual({ pixelId })
})

test('a misspelled attribute is an error that names it, its value and the nearest one', () => {
  expect(read(`data-pixel-id="${pixelId}" data-concent="require"`)).toBe(
    'Error: converge-tiktok: data-concent="require" is not valid on a tag: did you mean data-consent?',
  )
})

/** Each way to make one edit. */
function edited(name: string): string[] {
  const found: string[] = []
  for (let at = 0; at <= name.length; at++) {
    const [before, after] = [name.slice(0, at), name.slice(at)]
    found.push(`${before}j${after}`)
    if (after) found.push(before + after.slice(1), `${before}j${after.slice(1)}`)
  }
  return found
}

const foreign = ['src', 'type', 'name', 'delay', 'loaded', 'content']

test.each(Object.keys(options))(
  '%s: a nearly correct attribute name is an error',
  (name) => {
    const plain = name.toLowerCase()
    const once = edited(plain)
    const twice = name.length > 5 ? once.flatMap(edited) : []
    const hyphens = [plain, kebab(name).replaceAll('-', '--'), [...plain].join('-'), plain.toUpperCase()]
    const all = [...once, ...twice, ...hyphens, ...hyphens.flatMap((one) => edited(one).slice(1))]
    for (const one of new Set(all)) {
      const attribute = `data-${one}`
      const isOurs = Object.keys(options).some((other) => kebab(other) === one.toLowerCase())
      if (isOurs || foreign.includes(one) || /[^a-z-]/i.test(one) || one === '') continue
      const said = read(`${attribute}="x"`)
      expect([attribute, said]).toEqual([attribute, expect.stringContaining('Error: converge-tiktok: data-')])
    }
  },
  60_000,
)

test.each(notOnTag)('%s is not allowed on a tag, and the message says where to set it', (name) => {
  const attribute = `data-${kebab(name)}`
  expect(read(`${attribute}="[]"`)).toBe(
    `Error: converge-tiktok: ${attribute}="[]" is not valid on a tag: use init for ${name}.`,
  )
  expect(read(`${attribute}x="[]"`)).toContain(`: use init for ${name}.`)
})

test.each([
  ['data-consent="requird"', 'data-consent is "requird", not one of always, always_server, implied, require. Did you'],
  ['data-consent', 'data-consent is "", not one of'],
  ['data-pixel-id=""', 'data-pixel-id is "", not '],
  ['data-relay=""', 'data-relay is "", not a URL, such as https://'],
  ['data-relay="//evil.example"', 'data-relay is "//evil.example", not '],
  ['data-debug="yes"', 'data-debug is "yes", not true or false'],
  ['data-debug="TRUE"', 'data-debug is "TRUE", not true or false'],
  ['data-auto-config="0"', 'data-auto-config is "0", not true or false'],
  ['data-consent-from="gogle"', 'data-consent-from is ["gogle"], not a list of shopify, google'],
  ['data-consent-from=""', 'data-consent-from is [""], not a list of shopify, google'],
  ['data-domain="shop example"', 'data-domain is "shop example", not a domain, such as shop.example'],
])('a wrong value is an error that names the attribute: %s', (attributes, said) => {
  expect(read(`${attributes} data-gpc="deny"`)).toContain(`Error: converge-tiktok: ${said}`)
})

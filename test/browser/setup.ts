// vitest's globalSetup for the browser tests: what must be done once, before several test files want it.
import { missingBrowsers } from './browsers.ts'
import { comesFromRegistry, unpackChromium } from './chromium.ts'

export default async function setup(): Promise<void> {
  if (comesFromRegistry) await unpackChromium()
  for (const name of missingBrowsers()) console.info(`${name} is not on this machine; its tests are skipped.`)
}

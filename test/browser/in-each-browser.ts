// Runs tests in every browser of this machine, each test on a network of its own making.
import { afterAll, afterEach, beforeAll, describe, test } from 'vitest'
import { type Browser, type BrowserName, launch, missingBrowsers, type Page, wantedBrowsers } from './browsers.ts'
import { createNetwork, type Network } from './network.ts'

export interface Stage {
  readonly name: BrowserName
  /** The browser's whole internet; emptied after each test. */
  readonly network: Network
  /** A page, closed after the test. */
  newPage(options?: { shared?: Page }): Promise<Page>
  /** A page that has gone to `url`. */
  open(url: string): Promise<Page>
}

/** `tests` is called once for each browser that is there, and says its tests by vitest's `test`. */
export function inEachBrowser(tests: (stage: Stage) => void, only: BrowserName[] = wantedBrowsers()): void {
  const missing = missingBrowsers()
  const names = wantedBrowsers().filter((each) => only.includes(each))
  if (!names[0]) test.skip(`${only.join(' and ')} alone run these, and BROWSERS leaves them out`)
  for (const name of names) {
    if (missing.includes(name)) test.skip(`${name} is not on this machine`)
    else describe(name, () => tests(stageOf(name)))
  }
}

function stageOf(name: BrowserName): Stage {
  let network: Network | undefined
  let browser: Browser | undefined
  let pages: Page[] = []

  beforeAll(async () => {
    network = await createNetwork()
    browser = await launch(name, network)
  }, 60_000)
  afterEach(async () => {
    // The second tabs before the page that they share.
    for (const page of pages.reverse()) await page.close().catch(() => {})
    pages = []
    network?.reset()
  })
  afterAll(async () => {
    await browser?.close()
    await network?.close()
  })

  const started = <Thing>(thing: Thing | undefined): Thing => {
    if (thing === undefined) throw new Error(`${name} is started before the first test, not while tests are collected.`)
    return thing
  }
  const newPage = async (options?: { shared?: Page }): Promise<Page> => {
    const page = await started(browser).newPage(options)
    pages.push(page)
    return page
  }
  return {
    name,
    get network() {
      return started(network)
    },
    newPage,
    async open(url) {
      const page = await newPage()
      await page.goto(url)
      return page
    },
  }
}

import { describe, expect, test } from 'vitest'
import { allCases } from '../cases/all.ts'
import { type Case, pixelId } from '../cases/case.ts'
import { contentIdCases } from '../cases/content-ids.ts'
import { mappingCases } from '../cases/mapping.ts'
import { inEachBrowser } from './in-each-browser.ts'
import { pageOf, serveShop, shop, type Way, ways } from './shop.ts'

declare global {
  interface Window {
    /** Cookies and keys that could not be deleted. */
    left: string
  }
}

// All cases share a page, which takes half the time. Each begins without what the former ones have stored.
const emptied = `<!doctype html><script>
  for (const cookie of document.cookie.split('; '))
    for (const domain of ['', '; domain=shop.test'])
      document.cookie = cookie.replace(/=.*/, '') + '=; path=/; max-age=0' + domain
  localStorage.clear()
  sessionStorage.clear()
  window.left = [document.cookie, ...Object.keys(localStorage), ...Object.keys(sessionStorage)].join('')
</script>`

// What TikTok receives for each case, from the built files in an empty window. Chromium runs all of them, the others the rows
// of the mapping table.
inEachBrowser((stage) => {
  const casesBy: Record<Way, Case[]> =
    stage.name === 'chromium'
      ? { 'script tag': allCases, module: [...mappingCases, ...contentIdCases] }
      : { 'script tag': mappingCases, module: mappingCases }

  async function hitsOf({ config, track }: Case, way: Way) {
    const { tiktok, strays } = stage.network
    tiktok.faults.main.after = 0
    const calls = `converge.track(${track.map((part) => JSON.stringify(part)).join()})`
    serveShop(stage, { '/': emptied + pageOf(way, { pixelId, load: 'immediate', ...config }, calls) })
    const page = await stage.keptPage()
    await page.goto(shop)
    expect(await page.evaluate(() => window.left)).toBe('')
    await page.evaluate(decided)
    if (config?.mapping?.mode === 'server_only') {
      expect(await page.evaluate(() => window.ttq ?? 'none')).toBe('none')
      expect(tiktok.requests).toEqual([])
    } else {
      // Hits arrive in order: what has not come before this one was never sent.
      await page.evaluate((id) => window.ttq.track('End', {}, { pixel_code: id }), pixelId)
      await tiktok.waitForHits((hits) => hits.some(({ event }) => event === 'End'))
    }
    expect(strays).toEqual([])
    const hits = await tiktok.waitForHits(0) // in the order of sending: beacons may overtake each other
    // Of an identity that is news TikTok's pixel makes a hit of its own.
    return hits.filter(({ event }) => event !== 'End' && event !== 'EnrichAM')
  }

  describe.each(ways)('through %s', (way) => {
    test.each(casesBy[way])('$title', async (one) => {
      const hits = await hitsOf(one, way)
      expect(hits.map(({ event, properties }) => ({ event, parameters: properties }))).toEqual(
        one.pixel.map(({ event, parameters }) => ({ event, parameters })),
      )
      for (const [index, hit] of hits.entries()) {
        expect(hit.event_id).toMatch(/./)
        expect(hit.event_id).toBe(one.pixel[index]?.event_id ?? hits[0]?.event_id)
        expect(hit.context.pixel.code).toBe(pixelId)
      }
    })
  })
})

/** Resolves when the page's converge has decided about an event. */
function decided(): Promise<void> {
  return new Promise((resolve) => {
    ;(window.shopConverge ?? window.converge)?.on?.('event', () => resolve())
  })
}

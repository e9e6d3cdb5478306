import { expect, test } from 'vitest'
import { pixelId } from '../cases/case.ts'
import { inEachBrowser } from './in-each-browser.ts'
import { has, scriptTag, stub, visit } from './shop.ts'

const tag = `data-pixel-id="${pixelId}" data-load="immediate"`
const otherId = 'C4OTHER0000000000002'
const search = (id: string) => `converge.track('Searched', { q: 'cap' }, { eventID: '${id}' })`
const script = (source: string) => `<script>${source}</script>`

inEachBrowser((stage) => {
  const tiktok = () => stage.network.tiktok
  const idsBy = async (id: string) => (await tiktok().waitForHits(has(id))).map(({ event_id }) => event_id)

  test('a script tag with a pixel ID is enough', async () => {
    const page = await visit(stage, scriptTag(tag).replace('async', '') + script(search('one')))
    expect(await idsBy('one')).toEqual(['one'])
    expect(await page.evaluate(() => Object.keys(window).filter((name) => /converge|ttq|tiktok/i.test(name)))).toEqual([
      'converge',
      'TiktokAnalyticsObject',
      'ttq',
    ])
  })

  test('calls queued by the stub before the script arrive in order', async () => {
    await visit(stage, script(`${stub};${search('one')};${search('two')}`) + scriptTag(tag))
    expect(await idsBy('two')).toEqual(['one', 'two'])
  })

  test('a stub after the script does not replace the API', async () => {
    await visit(stage, scriptTag(tag).replace('async', '') + script(`${stub};${search('one')}`))
    expect(await idsBy('one')).toEqual(['one'])
  })

  test('loading the script twice counts nothing twice', async () => {
    const now = scriptTag(tag).replace('async', '')
    const page = await visit(stage, script(`${stub};${search('one')}`) + now + now + script(search('two')))
    await page.evaluate(() => window.ttq.track('End', {}, { event_id: 'end' }))
    expect(await idsBy('end')).toEqual(['one', 'two', 'end'])
  })

  test('loading the script twice is no error on a page that named its pixel by init', async () => {
    const listen = 'window.said = []; console.error = function (error) { said.push(String(error)) }'
    const init = `converge.init({ pixelId: '${pixelId}', load: 'immediate' })`
    const now = scriptTag().replace('async', '')
    const page = await visit(stage, script(`${listen};${stub};${init}`) + now + now + script(search('one')))
    expect(await idsBy('one')).toEqual(['one'])
    expect(await page.evaluate(() => Reflect.get(window, 'said'))).toEqual([])
  })

  test('a refused init starts nothing, because its filters would be lost', async () => {
    const init = `converge.init({ filters: [{ event: '*', any: [{ property: 'q', operator: 'equals', value: 'hat' }] }] })`
    const page = await visit(stage, script(`${stub};${init};${search('one')}`) + scriptTag(tag).replace('async', ''))
    expect(await page.evaluate(() => window.ttq ?? 'none')).toBe('none')
    await page.evaluate(() => window.converge?.init?.({}))
    expect(await idsBy('one')).toEqual(['one'])
  })

  test('a kept reference to the stub works', async () => {
    const page = await visit(stage, script(`${stub}; window.kept = converge`) + scriptTag(tag))
    await page.evaluate(
      () =>
        new Promise<void>((resolve) => window.converge?.on?.('state', ({ pixel }) => pixel === 'live' && resolve())),
    )
    await page.evaluate(`kept.track('Searched', {}, { eventID: 'kept' })`)
    expect(await idsBy('kept')).toEqual(['kept'])
  })

  test("an init next to the tag completes the tag's config", async () => {
    const init = `converge.init({ mapping: { events: { Searched: 'SiteSearch' } } })`
    await visit(stage, script(`${stub};${init};${search('one')}`) + scriptTag(tag))
    expect((await tiktok().waitForHits(has('one'))).map(({ event }) => event)).toEqual(['SiteSearch'])
  })

  test('two pixel IDs on a page both get a call once both are named', async () => {
    const second = scriptTag(tag.replace(pixelId, otherId))
    await visit(
      stage,
      script(`${stub};${search('one')}`) +
        scriptTag(tag).replace('async', '') +
        second.replace('async', '') +
        script(search('two')),
    )
    const hits = await tiktok().waitForHits((hits) => hits.filter(({ event_id }) => event_id === 'two').length === 2)
    expect(hits.map(({ event_id, context }) => `${event_id} ${context.pixel.code}`).sort()).toEqual([
      `one ${pixelId}`,
      `two ${otherId}`,
      `two ${pixelId}`,
    ])
  })

  test('a bad pixel ID logs one console error, and the page still works', async () => {
    const listen = script('window.said = []; console.error = function (error) { said.push(String(error)) }')
    const bad = scriptTag('data-pixel-id="nope"').replace('async', '')
    const page = await visit(stage, listen + bad + script(`${search('one')}; window.wentOn = true`))
    expect(await page.evaluate(() => Reflect.get(window, 'wentOn'))).toBe(true)
    expect(await page.evaluate(() => Reflect.get(window, 'said'))).toEqual([
      expect.stringContaining('converge-tiktok: data-pixel-id is "nope"'),
    ])
  })
})

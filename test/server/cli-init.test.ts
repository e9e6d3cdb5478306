import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { parseEnv } from 'node:util'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { readConfigFile } from '../../src/node/config-file.ts'
import { initCommand } from '../../src/node/init-command.ts'
import { checkConfig } from '../../src/server/check-config.ts'
import { runCli } from './node-child.ts'
import { createFolder } from './node-folder.ts'
import { accessToken, pixelId } from './node-requests.ts'

/** `more` replaces flags of the same name. */
function flags(platform: string, folder: string, ...more: string[]): string[] {
  const given = {
    ...{ '--pixel': pixelId, '--domain': 'https://www.shop.example/', '--platform': platform, '--region': 'other' },
    '--config': join(folder, 'converge.json'),
  }
  const others = Object.entries(given).filter(([name]) => !more.includes(name))
  return ['init', ...others.flat(), ...more]
}
const readJson = (folder: string) => JSON.parse(readFileSync(join(folder, 'converge.json'), 'utf8'))

describe('init, by flags', () => {
  test.each([
    [
      'shopify',
      ['SHOPIFY_SECRET'],
      ['https://converge.shop.example/webhook/shopify', 'custom-pixel.js', '/tree/main/examples/shopify'],
      ['web', 'shopify'],
    ],
    [
      'woocommerce',
      ['WOOCOMMERCE_SECRET'],
      ['https://converge.shop.example/webhook/woocommerce', '/tree/main/examples/woocommerce'],
      ['web', 'woocommerce'],
    ],
    [
      'other',
      ['CONVERGE_WEBHOOK_TOKEN'],
      ['https://converge.shop.example/webhook', '<script async src="https://converge.shop.example/converge.js">'],
      ['web', 'webhook'],
    ],
  ])(
    'writes a config and an .env of names, and prints the addresses of %s',
    async (platform, names, printed, sources) => {
      const folder = createFolder()
      const { code, output, errors } = await runCli(flags(platform, folder), {})
      expect([code, errors]).toEqual([0, ''])
      for (const text of printed) expect(output).toContain(text)
      // check asks for the token first.
      expect(output).toContain('Next: TIKTOK_ACCESS_TOKEN is not set.')

      const variables = parseEnv(readFileSync(join(folder, '.env'), 'utf8'))
      const all = ['TIKTOK_ACCESS_TOKEN', ...names, 'CONVERGE_ADMIN_TOKEN']
      expect(variables).toEqual(Object.fromEntries(all.map((name) => [name, ''])))
      expect(statSync(join(folder, '.env')).mode & 0o077).toBe(0)

      const environment = Object.fromEntries(all.map((name) => [name, 'a'.repeat(32)]))
      const config = readConfigFile(join(folder, 'converge.json'), environment)
      expect(checkConfig(config).sources.all.map(({ name }) => name)).toEqual(sources)
      expect(config).toMatchObject({
        pixelId,
        domain: 'www.shop.example',
        consent: 'require',
        allowedOrigins: expect.arrayContaining(['https://www.shop.example', 'https://shop.example']),
      })
    },
  )

  test('ends with the report of check, which reads the secrets of .env', async () => {
    const folder = createFolder()
    writeFileSync(join(folder, '.env'), `TIKTOK_ACCESS_TOKEN=${accessToken}\nSHOPIFY_SECRET="a b"\n`)
    const { code, output } = await runCli(flags('shopify', folder), {})
    expect(output).toContain("✓ Source shopify: POST webhook/shopify, Shopify's webhooks.")
    expect([code, output.trim().split('\n').at(-1)]).toEqual([0, 'Nothing to fix.'])
    expect(output).not.toContain(accessToken)
  })

  test.each([
    ['us', { region: 'us' }],
    ['other', { region: undefined }],
  ])('writes the region %s', async (region, parts) => {
    const folder = createFolder()
    await runCli(flags('other', folder, '--region', region, '--forwarder', 'https://t.shop.example/r/'), {})
    expect(readJson(folder)).toEqual(expect.objectContaining(parts.region ? parts : { pixelId }))
    expect(readJson(folder).region).toBe(parts.region)
  })

  test('never overwrites a config without --force, and never an .env', async () => {
    const folder = createFolder()
    writeFileSync(join(folder, 'converge.json'), 'mine')
    writeFileSync(join(folder, '.env'), 'MINE=1\n')
    const refused = await runCli(flags('shopify', folder), {})
    expect([refused.code, refused.errors]).toEqual([
      2,
      expect.stringContaining('converge.json already exists. Use --force to overwrite it'),
    ])
    expect(readFileSync(join(folder, 'converge.json'), 'utf8')).toBe('mine')

    expect((await runCli(flags('shopify', folder, '--force'), {})).code).toBe(0)
    expect(readJson(folder).pixelId).toBe(pixelId)
    expect(readFileSync(join(folder, '.env'), 'utf8')).toBe('MINE=1\n')
  })

  test.each([
    [['--pixel', 'abc'], '--pixel is "abc", not 20 capital letters and digits'],
    [['--domain', '/'], '--domain is "/", not a domain, such as shop.example'],
    [['--platform', 'magento'], '--platform is "magento", not one of shopify, woocommerce, other'],
    [['--region', 'eu'], '--region is "eu", not one of other, us'],
    [['--forwarder', 'converge.shop.example'], '--forwarder is "converge.shop.example", not a URL'],
    [['--platfrom', 'shopify'], 'Unknown option --platfrom (did you mean --platform?)'],
  ])('refuses %j, and writes nothing', async (words, sentence) => {
    const folder = createFolder()
    const { code, errors } = await runCli(flags('shopify', folder, ...words), {})
    expect([code, errors]).toEqual([2, expect.stringContaining(sentence)])
    expect(existsSync(join(folder, 'converge.json'))).toBe(false)
  })

  test('names the missing flag if nobody can be asked', async () => {
    const { code, errors } = await runCli(
      ['init', '--pixel', pixelId, '--config', join(createFolder(), 'converge.json')],
      {},
    )
    expect([code, errors]).toEqual([
      2,
      expect.stringContaining('--domain is missing. Without a terminal, init cannot ask for it'),
    ])
  })
})

describe('init, by questions', () => {
  /** Answers each question once it is on the screen. */
  async function answer(folder: string, answers: [question: string, keys: string][], ...words: string[]) {
    // So wide that a question with the path of a folder is on one line.
    const [input, output] = [new PassThrough(), Object.assign(new PassThrough(), { columns: 400 })]
    let screen = ''
    const left = [...answers]
    output.on('data', (text) => {
      screen += text
      const [question, keys] = left[0] ?? ['', '']
      if (!question || !screen.includes(question)) return
      left.shift()
      screen = ''
      queueMicrotask(() => input.write(keys))
    })
    const lines: string[] = []
    const log = vi.spyOn(console, 'log').mockImplementation((line) => void lines.push(line))
    onTestFinished(() => log.mockRestore())
    const code = await initCommand(['--config', join(folder, 'converge.json'), ...words], {
      input,
      output,
      isInteractive: true,
    })
    return { code, lines: lines.join('\n'), left }
  }

  const down = '\u001b[B'
  const questions: [question: string, keys: string][] = [
    ['Pixel ID', `${pixelId}\r`],
    ["Your shop's domain", 'shop.example\r'],
    ['Your shop system', `${down}\r`],
    ["Is your TikTok ads account in TikTok's US region?", `${down}\r`],
    ['URL of your forwarder', '\r'],
  ]

  test('writes the answers', async () => {
    const folder = createFolder()
    const { left, lines } = await answer(folder, questions)
    expect(left).toEqual([])
    expect(readJson(folder)).toMatchObject({
      pixelId,
      domain: 'shop.example',
      region: 'us',
      sources: { woocommerce: { type: 'woocommerce', secretFrom: 'WOOCOMMERCE_SECRET' } },
    })
    expect(lines).toContain('https://converge.shop.example/webhook/woocommerce')
  })

  test('asks no question that a flag answers', async () => {
    const folder = createFolder()
    const words = [
      '--pixel',
      pixelId,
      '--domain',
      'shop.example',
      '--region',
      'other',
      '--forwarder',
      'https://c.shop.example',
    ]
    await answer(folder, [['Your shop system', '\r']], ...words)
    expect(readJson(folder).sources).toHaveProperty('shopify')
  })

  test.each([
    ['n', 'mine'],
    ['y', pixelId],
  ])('asks before it overwrites a config, with the answer %s', async (key, kept) => {
    const folder = createFolder()
    writeFileSync(join(folder, 'converge.json'), 'mine')
    await answer(folder, [...questions, ['already exists. Overwrite it?', key]])
    expect(readFileSync(join(folder, 'converge.json'), 'utf8')).toContain(kept)
    expect(existsSync(join(folder, '.env'))).toBe(key === 'y')
  })

  test('writes nothing if a question is canceled', async () => {
    const folder = createFolder()
    const { code, lines } = await answer(folder, [['Pixel ID', '\u0003']])
    expect([code, lines]).toEqual([1, 'Canceled. Nothing was written.'])
    expect(existsSync(join(folder, 'converge.json'))).toBe(false)
  })
})

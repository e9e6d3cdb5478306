import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runInNewContext } from 'node:vm'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { copyRecord, createEvent } from '../../src/core/event.ts'
import { checks } from '../../src/inspector/checks.ts'
import { diagnose } from '../../src/inspector/diagnose.ts'
import { readConfigFile } from '../../src/node/config-file.ts'
import { checkConfig } from '../../src/server/check-config.ts'
import { createForwarder } from '../../src/server/forwarder.ts'
import { route } from '../../src/tiktok/route.ts'
import { readRules } from '../../src/tiktok/rules.ts'
import { readUser } from '../../src/tiktok/user.ts'
import { portOf } from '../browser/network.ts'
import { runCli, writeConfig } from '../server/node-child.ts'
import { createFolder } from '../server/node-folder.ts'
import { accessToken, pixelId } from '../server/node-requests.ts'
import { createEventsApiHost } from '../tiktok/events-api-host.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'converge-guides-'))
afterAll(() => rmSync(folder, { recursive: true }))

const guides = [
  ...readdirSync(join(root, 'docs'))
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
  ...readdirSync(join(root, 'examples'))
    .map((name) => `examples/${name}/README.md`)
    .filter((path) => existsSync(join(root, path))),
]
const read = (path: string) => readFileSync(join(root, path), 'utf8')

/** A guide's code blocks of one language, those within lists too. */
function blocksOf(path: string, language: string): string[] {
  const blocks = read(path).matchAll(/^( *)```(\w+)\n([\s\S]*?)^\1```$/gm)
  return [...blocks].filter(([, , name]) => name === language).map(([, , , code = '']) => code)
}

const each = (language: string) =>
  guides.flatMap((path) => blocksOf(path, language).map((code) => [path, code] as const))

test('each block of TypeScript in the guides compiles', () => {
  const blocks = each('ts')
  expect(blocks.length).toBeGreaterThan(1)
  for (const [index, [, code]] of blocks.entries()) writeFileSync(join(folder, `block-${index}.ts`), code)
  const paths = {
    'converge-tiktok': [join(root, 'src/index.ts')],
    'converge-tiktok/server': [join(root, 'src/server/index.ts')],
    'converge-tiktok/node': [join(root, 'src/node/index.ts')],
  }
  const compilerOptions = { noEmit: true, types: [join(root, 'node_modules/@types/node')], paths }
  const tsconfig = { extends: join(root, 'tsconfig.json'), compilerOptions, include: ['*.ts'] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig))

  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const { stdout } = spawnSync(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], { encoding: 'utf8' })
  expect(stdout).toBe('')
})

test.each(each('json'))('the config in %s is valid for a forwarder', (_, json) => {
  const config = {
    pixelId: 'CJQBODJC77UB4MRTGFRF',
    allowedOrigins: ['https://www.shop.example'],
    ...JSON.parse(json),
  }
  const path = join(folder, 'converge.json')
  writeFileSync(path, JSON.stringify(config))
  const environment = { TIKTOK_ACCESS_TOKEN: 'an-access-token', ALERTS_URL: 'https://hooks.example/alerts' }
  expect(() => checkConfig(readConfigFile(path, environment))).not.toThrow()
})

const help = spawnSync(process.execPath, [join(root, 'src/node/cli.ts'), '--help'], { encoding: 'utf8' }).stdout

test.each(each('sh'))('each of our commands in %s exists', (_, commands) => {
  for (const [, words = ''] of commands.matchAll(/npx converge-tiktok (.*)/g)) {
    const [command = '', ...flags] = words.split(/\s+/).filter((word) => /^(--)?[a-z-]+$/.test(word))
    expect(help).toContain(command)
    for (const flag of flags.filter((word) => word.startsWith('--'))) expect(help).toContain(flag)
  }
  const scripts = Object.keys(JSON.parse(read('package.json')).scripts)
  for (const [, name] of commands.matchAll(/npm run (\w+)/g)) expect([...scripts, 'check', 'deploy']).toContain(name)
})

test('the report of test-events.md is what the command prints', async () => {
  const tiktok = await createEventsApiHost({ accessToken, pixelId })
  const policy = `script-src 'self' https://analytics.tiktok.com; connect-src 'self' https://analytics.tiktok.com`
  const server = createServer(({ url }, response) => {
    response.writeHead(200, { 'content-security-policy': policy })
    response.end(url === '/' ? '<script src="/converge.js"></script>' : '')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    server.close()
    await tiktok.close()
  })
  const origin = `http://127.0.0.1:${portOf(server)}`
  const config = writeConfig(createFolder(), { eventsApiUrl: tiktok.url, allowedOrigins: [origin] })
  const { output } = await runCli(['check', '--config', config, '--url', origin, '--test-code', 'TEST12345'])
  const printed = output.replaceAll(config, 'converge.json').replaceAll(origin, 'https://www.shop.example').split('\n')
  const shown = blocksOf('docs/test-events.md', 'text').join('').trim().split('\n')
  expect(printed.filter((line) => shown.includes(line))).toEqual(shown)
})

test("the guide's command line with a webhook event is answered 202", async () => {
  const [command = ''] = blocksOf('docs/from-converge.md', 'sh')
  const body = /-d '(.*)'/.exec(command)?.[1] ?? expect.fail()
  const outbox = { add: async () => {}, start() {} }
  const forwarder = createForwarder({
    pixelId: 'CJQBODJC77UB4MRTGFRF',
    accessToken: 'an-access-token',
    webhookToken: 'a-token-of-the-forwarder',
    allowedOrigins: ['https://www.shop.example'],
    outbox,
  })
  const headers = { 'X-Webhook-Token': 'a-token-of-the-forwarder', 'Content-Type': 'application/json' }
  const request = new Request('https://converge.shop.example/webhook', { method: 'POST', headers, body })
  const answer = await forwarder.fetch(request)
  expect([answer.status, await answer.json()]).toEqual([202, { accepted: 1, statuses: { success: 1 }, problems: [] }])
})

test.each(guides)('the relative links of %s exist', (path) => {
  for (const [, link = ''] of read(path).matchAll(/\]\(([^)#]+)(#[^)]*)?\)/g)) {
    if (!link.includes('://')) expect([link, existsSync(join(root, dirname(path), link))]).toEqual([link, true])
  }
})

test.each(guides.filter((path) => path.startsWith('docs/')))('%s has fewer than 80 lines', (path) => {
  expect(read(path).split('\n').length).toBeLessThan(80)
})

describe("TikTok's diagnostics", () => {
  const entries = read('docs/diagnostics.md').split('\n### ').slice(1)
  const headed = entries.flatMap((entry) => Array.from((entry.split('\n')[0] ?? '').matchAll(/\w+/g), ([code]) => code))

  test('every code that the inspector knows has a heading', () => {
    expect(headed).toEqual(expect.arrayContaining(checks.map(({ code }) => code)))
  })

  const calls = entries.flatMap((entry) => {
    const [, code] = /^`(\w+)`\n/.exec(entry) ?? []
    const [call] = /track\([^`]*\)(?=`)/.exec(entry) ?? []
    return code && call ? [[code, call] as const] : []
  })

  test('most have a call that triggers them', () => expect(calls.length).toBeGreaterThan(10))

  test.each(calls)('%s is triggered by %s', (code, call) => {
    const config = { pixelId: 'CJQBODJC77UB4MRTGFRF' }
    const track = (eventName: string, properties: Record<string, unknown> = {}) => {
      const event = createEvent(eventName, copyRecord(properties), undefined, () => 'a-1')
      const rows = route(event, readRules(config), config) ?? []
      const destinationEvents = rows.map(({ event, parameters }) => ({
        event,
        event_id: 'a-1',
        parameters,
        via: [],
      }))
      const user = readUser(properties)
      const matchKeys = Object.keys(user).filter((key) => key === 'email' || key === 'phone')
      const result = {
        status: 'success',
        reason: undefined,
        eventName,
        eventID: 'a-1',
        destinationEvents,
        matchKeys,
      } as const
      return diagnose(rows.length ? result : { ...result, status: 'skipped', reason: 'unmapped' }, event)
    }
    expect(runInNewContext(call, { track }).map((diagnosis: { code: string }) => diagnosis.code)).toContain(code)
  })
})

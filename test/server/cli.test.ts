import { readFileSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createSqliteOutbox } from '../../src/store/sqlite/sqlite-outbox.ts'
import { createEventsApiHost, never } from '../tiktok/events-api-host.ts'
import { runCli, startCli, writeConfig } from './node-child.ts'
import { createFolder } from './node-folder.ts'
import {
  accessToken,
  adminToken,
  pageBatch,
  pixelId,
  postPage,
  readHealth,
  shop,
  webhookToken,
} from './node-requests.ts'

test('--help names every command and its options', async () => {
  const { code, output, errors } = await runCli(['--help'])
  expect([code, errors]).toEqual([0, ''])
  for (const word of [
    'serve',
    'outbox list',
    'check',
    '--config',
    '--port',
    '--host',
    '--version',
    'PORT',
    '--outbox',
    '--log',
    '--url',
    '--test-code',
  ]) {
    expect(output).toContain(word)
  }
  expect((await runCli(['serve', '--help'])).output).toBe(output)
  expect((await runCli([])).output).toBe(output)
})

test.each([
  [['serf'], 'converge-tiktok has no command "serf" (did you mean serve?). --help shows all commands and options.'],
  [['chekc'], 'converge-tiktok has no command "chekc" (did you mean check?). --help'],
  [['deploy'], 'converge-tiktok has no command "deploy". --help shows all commands and options.'],
  [['serve', '--prot', '1'], 'Unknown option --prot (did you mean --port?). --help shows all commands and options.'],
  [['serve', '--Hosts', '::1'], 'Unknown option --Hosts (did you mean --host?). --help'],
  [['check', '--testcode=T1'], 'Unknown option --testcode (did you mean --test-code?). --help'],
  [['outbox', 'list', '--outbx', 'x'], 'Unknown option --outbx (did you mean --outbox?). --help'],
  [['outbox', 'lst'], 'The subcommands of outbox are list, retry and drop (did you mean list?). --help'],
  [['serve', '--verbose'], 'Unknown option --verbose. --help'],
  [['serve', '--port', '70000'], '--port is "70000", not a number from 0 to 65535. --help'],
  [['serve', '--port', ''], '--port is empty. --help'],
  [['serve', '--admin-port', '70000'], '--admin-port is "70000", not a number from 0 to 65535. --help'],
  [
    ['serve', '--admin-host', '::1'],
    '--admin-host needs --admin-port, because the page has no port of its own without it. --help',
  ],
  [['serve', '--host', ''], '--host is empty. --help'],
  [['serve', '--admin-port', '0', '--admin-host='], '--admin-host is empty. --help'],
  [['serve', '--database', ''], '--database is empty. --help'],
  [['serve', '--outbox', ' '], '--outbox is empty. --help'],
  [['serve', '--config='], '--config is empty. --help'],
  [['serve', '--max-bytes', '0'], '--max-bytes is "0", not a whole number of bytes of at least 1. --help'],
  [['serve', '--reserve-bytes', '1e6'], '--reserve-bytes is "1e6", not a whole number of bytes of at least 0. --help'],
  [['serve', '--port', '-1'], "Option '--port' argument is ambiguous: its value starts with a hyphen. --help"],
  [['check', '--test-code', ''], '--test-code is empty. --help'],
  [['check', '--url', ''], '--url is empty. --help'],
  [['forget', '--email', ''], '--email is empty. --help'],
  [['reconcile', 'orders.csv', '--source='], '--source is empty. --help'],
  [['pause', '--schema', ''], '--schema is empty. --help'],
  [['serve', 'now'], "Unexpected argument 'now'. --help shows all commands and options."],
  [['serve', '--log', 'xml'], '--log is "xml", not text or json. --help shows all commands and options.'],
  [['serve', '--port'], "Option '--port <value>' argument missing. --help shows all commands and options."],
  [['outbox'], 'The subcommands of outbox are list, retry and drop. --help shows all commands and options.'],
  [
    ['outbox', 'drop'],
    'outbox drop needs either IDs from "outbox list" or --all. --help shows all commands and options.',
  ],
  [['outbox', 'retry', '1', '--all'], 'outbox retry needs either IDs from "outbox list" or --all. --help shows al'],
  [
    ['outbox', 'drop', 'x'],
    'outbox drop: "x" is not an ID. "outbox list" shows the IDs. --help shows all commands and options.',
  ],
])('a wrong command line results in one sentence and exit code 2: %j', async (words, sentence) => {
  const { code, output, errors } = await runCli(words)
  expect([code, output]).toEqual([2, ''])
  expect(errors.trim()).toMatch(/^[^\n]+$/)
  expect(errors).toContain(sentence)
})

test('--version and -v print the version of the package', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  for (const words of [['--version'], ['-v'], ['serve', '--version']])
    expect(await runCli(words)).toEqual({ code: 0, output: `${version}\n`, errors: '' })
})

test('the server listens on the address --host and the port --port or PORT', async () => {
  const folder = createFolder()
  const words = ['serve', '--config', writeConfig(folder), '--outbox', join(folder, 'outbox.db')]
  const secrets = { TIKTOK_ACCESS_TOKEN: accessToken }
  const taken = createServer()
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void taken.close())
  const address = taken.address()
  const port = String(typeof address === 'object' && address ? address.port : 0)

  const host = ['--host', '127.0.0.1']
  const fromPort = await runCli([...words, ...host], { ...secrets, PORT: port })
  expect([fromPort.code, fromPort.errors]).toEqual([
    1,
    expect.stringContaining(`could not listen on port ${port} of 127.0.0.1.`),
  ])
  const wrong = await runCli([...words, ...host], { ...secrets, PORT: '80a' })
  expect([wrong.code, wrong.errors]).toEqual([
    2,
    'PORT is "80a", not a number from 0 to 65535. --help shows all commands and options.\n',
  ])
  const child = startCli([...words, ...host, '--port', '0'], { ...secrets, PORT: port })
  const [, url = ''] = await child.said(/listening on (\S+)/)
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:/)
  expect((await fetch(`${url}/health`)).status).toBe(200)
})

test('while TikTok hangs, a server exits within 10 s of SIGTERM, and loses no acknowledged event', async () => {
  const tiktok = await createEventsApiHost({ accessToken, pixelId })
  onTestFinished(() => tiktok.close())
  tiktok.faults.always = { after: never }
  const folder = createFolder()
  const words = ['serve', '--config', writeConfig(folder, { eventsApiUrl: tiktok.url }), '--port', '0']
  const start = async () => {
    const child = startCli([...words, '--outbox', join(folder, 'outbox.db')])
    const [, url = ''] = await child.said(/listening on (\S+)/)
    return { child, url }
  }
  const { child, url } = await start()
  expect((await postPage(url, pageBatch(['1']))).status).toBe(202)
  await tiktok.waitForRequests(1)
  expect((await postPage(url, pageBatch(['2']))).status).toBe(202)
  // A client that never ends its request holds the end up as well.
  const socket = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => {})
  onTestFinished(() => void socket.destroy())
  socket.write(`POST /events HTTP/1.1\r\nhost: a\r\norigin: ${shop}\r\ncontent-length: 100\r\n\r\n{`)
  await fetch(`${url}/health`)
  const started = performance.now()
  child.process.kill('SIGTERM')
  const { code, output } = await child.ended
  const seconds = (performance.now() - started) / 1000
  console.log(`closing: ${seconds.toFixed(1)} s while TikTok hangs`)
  expect([code, output.trim().split('\n').at(-1)]).toEqual([
    0,
    expect.stringMatching(/info converge-tiktok: closed\.$/),
  ])
  expect(seconds).toBeLessThan(10)

  tiktok.faults.always = {}
  await start()
  await tiktok.waitForAccepted((events) => events.some(({ event_id }) => event_id === '2'))
  // TikTok has had the first one, and did not say so.
  expect(tiktok.counted.map(({ event_id }) => event_id)).toEqual(['1', '2'])
})

test('an invalid config results in one sentence and exit code 1', async () => {
  const folder = createFolder()
  const run = async (more: Record<string, unknown>, environment?: Record<string, string>) => {
    const { code, errors } = await runCli(['serve', '--config', writeConfig(folder, more), '--port', '0'], environment)
    expect(code).toBe(1)
    expect(errors.trim()).toMatch(/^converge-tiktok: [^\n]+$/)
    return errors
  }
  expect(await run({ accessToken: 'a-secret' })).toMatch(
    /contains accessToken.*set TIKTOK_ACCESS_TOKEN in the environment/,
  )
  expect(await run({ webhookToken: 'a-secret' })).not.toContain('a-secret')
  expect(await run({ adminToken: 'a-secret' })).toMatch(
    /contains adminToken.*set CONVERGE_ADMIN_TOKEN in the environment/,
  )
  const short = { TIKTOK_ACCESS_TOKEN: accessToken, CONVERGE_ADMIN_TOKEN: 'a-secret' }
  expect(await run({}, short)).toMatch(/adminToken has 8 characters\. Use at least 32/)
  expect(await run({ pixelID: pixelId })).toContain('converge.json has no option pixelID. Did you mean pixelId?')
  const when = { property: 'tags', operator: 'is_set' }
  const within: [config: object, sentence: string][] = [
    [{ mapping: { event: {} } }, 'mapping has no option event. Did you mean events?'],
    [
      { mapping: { events: { Lead: { event: 'Lead', forwrd: 'server' } } } },
      'mapping.events.Lead has no option forwrd. Did you mean forward?',
    ],
    [
      { mapping: { events: { Lead: ['A', { event: 'Lead', when: { ...when, ignorecase: true } }] } } },
      'mapping.events.Lead.when has no option ignorecase. Did you mean ignoreCase?',
    ],
    [{ filters: [{ event: '*', any: [when], all: [] }] }, 'filters[0] has no option all. Use event, any'],
    [
      { filters: [{ event: '*', any: [{ ...when, values: [] }] }] },
      'filters[0].any has no option values. Did you mean value?',
    ],
  ]
  for (const [config, sentence] of within) expect(await run({ pixelId, ...config })).toContain(sentence)
  expect(await run({ pixelId: 'abc' })).toContain('pixelId is "abc"')
  expect(await run({ allowedOrigins: [] })).toContain('allowedOrigins is []')
  expect(await run({}, {})).toContain('TIKTOK_ACCESS_TOKEN is not set')

  const broken = join(folder, 'broken.json')
  writeFileSync(broken, '{ "pixelId": ')
  expect((await runCli(['serve', '--config', broken])).errors).toContain(`the config ${broken} is not JSON`)
  const missing = join(folder, 'missing.json')
  expect((await runCli(['serve', '--config', missing])).errors).toContain(`the config ${missing} could not be read`)
})

test('serve accepts events, prints no secret, and exits cleanly on SIGTERM', async () => {
  const tiktok = await createEventsApiHost({ accessToken, pixelId })
  onTestFinished(() => tiktok.close())
  const folder = createFolder()
  const config = writeConfig(folder, { eventsApiUrl: tiktok.url })
  const child = startCli(['serve', '--config', config, '--outbox', join(folder, 'outbox.db'), '--port', '0'])
  const [, url = ''] = await child.said(/listening on (\S+)/)
  expect((await postPage(url, pageBatch(['1']))).status).toBe(202)
  await tiktok.waitForAccepted(1)
  const script = await (await fetch(`${url}/converge.js`)).text()
  child.process.kill('SIGTERM')
  const { code, output, errors } = await child.ended
  expect([code, errors]).toEqual([0, ''])
  expect(output).toMatch(/closed\.\n$/)
  expect(script).toContain('isServed:true')
  for (const secret of [accessToken, webhookToken]) expect(output + script).not.toContain(secret)
})

test('with --log json each line is JSON, and CONVERGE_ADMIN_TOKEN opens all of health', async () => {
  const folder = createFolder()
  const outbox = join(folder, 'outbox.db')
  const config = writeConfig(folder)
  const child = startCli(['serve', '--config', config, '--outbox', outbox, '--port', '0', '--log', 'json'])
  const [, url = ''] = await child.said(/listening on ([^"\s]+)/)
  await postPage(url, pageBatch(['1']), { origin: 'https://evil.example' })
  expect(await (await fetch(`${url}/health`)).json()).toEqual({ status: 'ok', waiting: 0 })
  expect(await readHealth(url)).toMatchObject({ sent: 0, refused: { origin: 1 } })
  child.process.kill('SIGTERM')
  const { code, output, errors } = await child.ended
  expect(code).toBe(0)
  const lines = (output + errors).trim().split('\n')
  expect(lines.length).toBeGreaterThanOrEqual(4)
  for (const line of lines) {
    expect(JSON.parse(line)).toMatchObject({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      level: expect.stringMatching(/^(info|warn|error)$/),
      message: expect.any(String),
    })
  }
  expect(JSON.parse(errors)).toMatchObject({ level: 'warn', status: 403, origin: 'https://evil.example' })
  expect(output + errors).not.toContain(adminToken)
})

test('dead letters can be listed, dropped and sent again while the server runs', async () => {
  const tiktok = await createEventsApiHost()
  onTestFinished(() => tiktok.close())
  tiktok.faults.always = { code: 40002, message: 'content_id must be a string' }
  const folder = createFolder()
  const file = join(folder, 'outbox.db')
  const config = writeConfig(folder, { eventsApiUrl: tiktok.url })
  const server = startCli(['serve', '--config', config, '--outbox', file, '--port', '0'])
  const [, url = ''] = await server.said(/listening on (\S+)/)
  await postPage(url, pageBatch(['1', '2', 'a\u001b[2Jb']))
  await expect.poll(async () => (await fetch(`${url}/health`)).json()).toMatchObject({ waiting: 0 })
  tiktok.faults.always = {}

  const outbox = (...words: string[]) => runCli(['outbox', ...words, '--outbox', file])
  const { output } = await outbox('list')
  const rows = output.split('\n').map((line) => line.split('\t'))
  expect(rows.slice(1, 4).map(([id, , event, event_id]) => [id, event, event_id])).toEqual([
    ['1', 'AddToCart', '1'],
    ['2', 'AddToCart', '2'],
    ['3', 'AddToCart', 'a [2Jb'], // no command to the terminal
  ])
  expect(rows[1]?.at(-1)).toContain('content_id must be a string')
  expect(output).toContain('3 dead letters, 0 waiting, 0 sent')

  expect((await outbox('retry', '1')).output).toContain('1 queued again')
  expect((await tiktok.waitForAccepted(1)).map(({ event_id }) => event_id)).toEqual(['1'])
  expect((await outbox('retry', '1')).output).toContain('0 queued again')
  expect((await outbox('drop', '2', '99')).output).toBe('1 dropped.\n')
  expect((await outbox('drop', '--all')).output).toBe('1 dropped.\n')
  expect((await outbox('list')).output).toBe('0 dead letters, 0 waiting, 1 sent\n')
})

test('listing a missing outbox does not create it', async () => {
  const path = join(createFolder(), 'outbox.db')
  const { code, errors } = await runCli(['outbox', 'list', '--outbox', path])
  expect([code, errors]).toEqual([1, `converge-tiktok: there is no outbox ${path}. Name the file with --outbox.\n`])
})

test('the command line sees events that a running server has just accepted', async () => {
  const path = join(createFolder(), 'outbox.db')
  const outbox = createSqliteOutbox({ path })
  onTestFinished(() => outbox.close())
  const data = { event: 'Purchase', event_time: 1, event_id: '1', user: {}, page: {}, properties: {} }
  await outbox.add([{ data, expires: Date.now() / 1000 + 1000, order: false }])
  expect((await runCli(['outbox', 'list', '--outbox', path])).output).toBe('0 dead letters, 1 waiting, 0 sent\n')
})

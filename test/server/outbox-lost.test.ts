import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { createEventsApiHost } from '../tiktok/events-api-host.ts'
import { startCli, writeConfig } from './node-child.ts'
import { createFolder } from './node-folder.ts'
import { accessToken, pageBatch, pixelId, postOrder, postPage } from './node-requests.ts'
import { newPath, numbered, open, purchase } from './outbox-kit.ts'

async function startServer(outbox: string) {
  const tiktok = await createEventsApiHost({ accessToken, pixelId })
  onTestFinished(() => tiktok.close())
  const config = writeConfig(createFolder(), { eventsApiUrl: tiktok.url })
  const child = startCli(['serve', '--config', config, '--outbox', outbox, '--port', '0'])
  const [, url = ''] = await child.said(/listening on (\S+)/)
  return { tiktok, child, url }
}

const losses: [title: string, lose: (path: string) => void][] = [
  ['the database is deleted', (path) => rmSync(path)],
  ['its -wal is deleted', (path) => rmSync(`${path}-wal`)],
  ['its -shm is deleted', (path) => rmSync(`${path}-shm`)],
  [
    'all of its files are deleted',
    (path) => readdirSync(join(path, '..')).map((name) => rmSync(join(path, '..', name))),
  ],
  ['the database is moved', (path) => renameSync(path, `${path}.old`)],
  [
    'the database is replaced',
    (path) => {
      rmSync(path)
      writeFileSync(path, '')
    },
  ],
  ['its folder is moved', (path) => renameSync(join(path, '..'), join(path, '..', '..', 'elsewhere'))],
]
test.each(losses)(
  'a server stops accepting events when %s, reports it, and still sends waiting events',
  async (_, lose) => {
    const folder = join(createFolder(), 'data')
    mkdirSync(folder)
    const path = join(folder, 'outbox.db')
    const { tiktok, child, url } = await startServer(path)
    tiktok.faults.always = { status: 503 }
    expect((await postPage(url, pageBatch(['before']))).status).toBe(202)
    await tiktok.waitForRequests(1)
    lose(path)
    for (const post of [() => postPage(url, pageBatch(['after'])), () => postOrder(url, '1001', Date.now())]) {
      const answer = await post()
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '60'])
    }
    const health = await fetch(`${url}/health`)
    expect([health.status, await health.json()]).toMatchObject([503, { status: 'stopped', waiting: 1 }])
    tiktok.faults.always = {}
    expect((await tiktok.waitForAccepted(1)).map(({ event_id }) => event_id)).toEqual(['before'])
    child.process.kill('SIGTERM')
    const { code, errors } = await child.ended
    expect(code).toBe(0)
    expect(errors.match(/was deleted, moved or replaced while it was open/g)).toHaveLength(2) // noticed, and refused
  },
)

test('a missing file is noticed without a request', async () => {
  const path = newPath()
  const log: string[] = []
  const outbox = open(path, { log: (sentence) => log.push(sentence) })
  outbox.start(async (events) => events.map(() => 'done'))
  rmSync(`${path}-wal`)
  await expect.poll(() => log).toHaveLength(1)
  expect(log[0]).toMatch(/^converge-tiktok: The database file \S+outbox\.db-wal was deleted, moved or replaced/)
})

test('an outbox behind a symbolic link accepts events', async () => {
  const path = newPath()
  const link = join(createFolder(), 'link.db')
  writeFileSync(path, '')
  symlinkSync(path, link)
  const outbox = open(link)
  await outbox.add(numbered(2))
  expect(await outbox.stats()).toMatchObject({ waiting: 2, stopped: undefined })
})

test('only one of two servers delivers, even after the lock file was deleted', async () => {
  const path = newPath()
  const ids: string[] = []
  const start = () => {
    const outbox = open(path)
    outbox.start(async (events) => {
      ids.push(...events.map(({ data }) => data.event_id))
      await setTimeout(50)
      return events.map(() => 'done')
    })
    return outbox
  }
  const first = start()
  rmSync(`${path}-lock`)
  const second = start()
  for (let round = 0; round < 20; round++) {
    await Promise.all([first.add([purchase(`${round} a`)]), second.add([purchase(`${round} b`)])])
  }
  await expect.poll(() => first.stats()).toMatchObject({ waiting: 0 })
  expect(ids).toHaveLength(40)
  expect(new Set(ids).size).toBe(40)
})

// Which file the command line opens, and its backup.
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { createEventsApiHost } from '../tiktok/events-api-host.ts'
import { startCli, writeConfig } from './node-child.ts'
import { createFolder } from './node-folder.ts'
import { accessToken, pageBatch, pixelId, postPage } from './node-requests.ts'
import { open, purchase } from './outbox-kit.ts'
import { pageCopy, postShop, shopCopy } from './start-store.ts'

async function prepare(): Promise<{ folder: string; tiktok: Awaited<ReturnType<typeof createEventsApiHost>> }> {
  const tiktok = await createEventsApiHost({ accessToken, pixelId })
  onTestFinished(() => tiktok.close())
  const folder = createFolder()
  writeConfig(folder, { eventsApiUrl: tiktok.url })
  return { folder, tiktok }
}

const run = (folder: string, ...words: string[]) => startCli(words, undefined, folder)

async function serveIn(folder: string, ...words: string[]) {
  const child = run(folder, 'serve', '--port', '0', ...words)
  const [line, url = ''] = await child.said(/listening on (\S+).*/)
  return { child, url, line }
}

test('a new folder gets a database, converge.db, in which orders are merged', async () => {
  const { folder, tiktok } = await prepare()
  const { url, line } = await serveIn(folder)
  expect(line).toContain('database=converge.db')
  await postShop(url, shopCopy())
  await postPage(url, pageCopy())
  const [event] = await tiktok.waitForAccepted(1)
  expect(event?.user).toMatchObject({ ttclid: 'E.C.P.click', phone: expect.any(String) })
})

test('an existing outbox.db is used as before: its events are sent, and orders do not wait', async () => {
  const { folder, tiktok } = await prepare()
  const former = open(join(folder, 'outbox.db'), { pixelId })
  await former.add([purchase('waiting')])
  await former.close()
  const { child, url, line } = await serveIn(folder)
  expect(line).toContain('outbox=outbox.db')
  await child.said(/To merge orders, start with --database outbox\.db/)
  await tiktok.waitForAccepted(1)
  await postPage(url, pageCopy())
  expect((await tiktok.waitForAccepted(2)).map(({ event_id }) => event_id)).toEqual(['waiting', '1001'])
  expect(existsSync(join(folder, 'converge.db'))).toBe(false)
})

test('an outbox.db becomes the database when --database names it', async () => {
  const { folder, tiktok } = await prepare()
  const former = open(join(folder, 'outbox.db'), { pixelId })
  await former.add([purchase('waiting')])
  await former.close()
  const { url } = await serveIn(folder, '--database', 'outbox.db')
  await postShop(url, shopCopy())
  await postPage(url, pageCopy())
  const events = await tiktok.waitForAccepted(2)
  expect(events.map(({ event_id, user }) => [event_id, user.ttclid])).toEqual([
    ['waiting', undefined],
    ['1001', 'E.C.P.click'],
  ])
})

test('--database and --outbox together are refused, by each command', async () => {
  const { folder } = await prepare()
  for (const words of [['serve'], ['outbox', 'list'], ['database', 'backup', 'copy.db']]) {
    const { code, errors } = await run(folder, ...words, '--database', 'a.db', '--outbox', 'b.db').ended
    expect([code, errors]).toEqual([
      2,
      '--database and --outbox are both set. Set only one of them. --help shows all commands and options.\n',
    ])
  }
})

test('"outbox list" shows the dead letters of a database', async () => {
  const { folder } = await prepare()
  await open(join(folder, 'converge.db'), { pixelId }).close()
  expect((await run(folder, 'outbox', 'list').ended).output).toBe('0 dead letters, 0 waiting, 0 sent\n')
  const missing = await run(folder, 'outbox', 'list', '--database', 'none.db').ended
  expect(missing.errors).toMatch(/^converge-tiktok: there is no database none\.db\. /)
})

test('"database backup" copies everything while the server runs, and overwrites no file', async () => {
  const { folder, tiktok } = await prepare()
  tiktok.faults.always = { status: 503 }
  const { url } = await serveIn(folder)
  await postPage(url, pageBatch(['1', '2', '3']))
  const { code, output, errors } = await run(folder, 'database', 'backup', 'copy.db').ended
  expect([code, output, errors]).toEqual([0, 'converge.db was copied to copy.db.\n', ''])
  const copy = new DatabaseSync(join(folder, 'copy.db'), { readOnly: true })
  expect(copy.prepare('SELECT event_id FROM waiting ORDER BY id').all()).toEqual(
    ['1', '2', '3'].map((event_id) => ({ event_id })),
  )
  copy.close()
  const again = await run(folder, 'database', 'backup', 'copy.db').ended
  expect([again.code, again.errors]).toEqual([
    1,
    'converge-tiktok: copy.db already exists, and a backup never overwrites a file. Name a new file.\n',
  ])
  // A copy is a database like any other.
  expect((await run(folder, 'outbox', 'list', '--database', 'copy.db').ended).output).toBe(
    '0 dead letters, 3 waiting, 0 sent\n',
  )
})

test('"database backup" reports wrong arguments and files', async () => {
  const { folder } = await prepare()
  const errorsOf = async (...words: string[]) => (await run(folder, 'database', ...words).ended).errors
  expect(await errorsOf()).toContain('The subcommands of database are backup and move. ')
  expect(await errorsOf('backups', 'copy.db')).toContain(
    'The subcommands of database are backup and move (did you mean backup?). ',
  )
  expect(await errorsOf('backup')).toContain('database backup needs one file name for the copy. ')
  expect(await errorsOf('backup', 'copy.db')).toBe(
    'converge-tiktok: there is no database converge.db. Name the file with --database.\n',
  )
  writeFileSync(join(folder, 'converge.db'), 'no database')
  expect(await errorsOf('backup', 'copy.db')).toContain('converge.db')
  expect(existsSync(join(folder, 'copy.db'))).toBe(false)
  await open(join(folder, 'sound.db'), { pixelId }).close()
  expect(await errorsOf('backup', 'no/such/copy.db', '--database', 'sound.db')).toMatch(
    /^converge-tiktok: sound\.db could not be copied to no\/such\/copy\.db \(.*\)\. Name a file in an existing folder, on a disk with enough space\.\n$/,
  )
})

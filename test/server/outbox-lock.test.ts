import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { createEventsApiHost } from '../tiktok/events-api-host.ts'
import { runCli, startCli, writeConfig } from './node-child.ts'
import { createFolder } from './node-folder.ts'
import { accessToken, pageBatch, pixelId, postPage } from './node-requests.ts'
import { newPath, numbered, open, purchase } from './outbox-kit.ts'

// What holds these locks is released by the event loop of the same process: while a lock blocked it, that could not happen.
const briefly = 300

/** Locks the file as another process that writes to it does. */
function lock(path: string): () => void {
  const other = new DatabaseSync(path)
  other.exec('BEGIN IMMEDIATE')
  const release = () => {
    if (other.isOpen) other.close()
  }
  onTestFinished(release)
  return release
}

test('add() waits for another process’s lock without blocking the event loop', async () => {
  const path = newPath()
  const outbox = open(path)
  const release = lock(path)
  setTimeout(release, briefly)
  await outbox.add(numbered(2))
  expect(await outbox.stats()).toMatchObject({ waiting: 2 })
})

test('health is available while another process has locked the outbox', async () => {
  const path = newPath()
  const outbox = open(path)
  await outbox.add(numbered(2))
  lock(path)
  expect(await outbox.stats()).toMatchObject({ waiting: 2 })
})

test('events that were sent while another process has the lock are counted at once and not sent again', async () => {
  const path = newPath()
  const outbox = open(path)
  await outbox.add(numbered(2))
  const sent: string[] = []
  let release = () => {}
  outbox.start(async (events) => {
    if (sent.length === 0) release = lock(path)
    sent.push(...events.map(({ data }) => data.event_id))
    return events.map(() => 'done')
  })
  await expect.poll(() => outbox.stats()).toMatchObject({ waiting: 0, sent: 2 })
  setTimeout(release, briefly)
  await outbox.add([purchase('after')])
  await expect.poll(() => outbox.stats()).toMatchObject({ waiting: 0, sent: 3 })
  expect(sent).toEqual(['0', '1', 'after'])
})

test('sent events are recorded before the outbox closes, even if another process has just locked it', async () => {
  const path = newPath()
  const outbox = open(path)
  await outbox.add(numbered(2))
  let release = () => {}
  outbox.start(async (events) => {
    release = lock(path)
    return events.map(() => 'done')
  })
  await expect.poll(() => outbox.stats()).toMatchObject({ sent: 2 })
  setTimeout(release, briefly)
  await outbox.close()
  expect(await open(path).stats()).toMatchObject({ waiting: 0, sent: 2 })
})

test('while the outbox is locked, a server answers other requests, accepts events after the lock ends, and refuses those that waited too long', async () => {
  const tiktok = await createEventsApiHost({ accessToken, pixelId })
  onTestFinished(() => tiktok.close())
  const folder = createFolder()
  const path = `${folder}/outbox.db`
  const config = writeConfig(folder, { eventsApiUrl: tiktok.url })
  const child = startCli(['serve', '--config', config, '--outbox', path, '--port', '0'])
  const [, url = ''] = await child.said(/listening on (\S+)/)

  const release = lock(path)
  const posted = postPage(url, pageBatch(['during']))
  for (let round = 0; round < 20; round++) expect((await fetch(`${url}/converge.js`)).status).toBe(200)
  release()
  expect((await posted).status).toBe(202)
  expect((await tiktok.waitForAccepted(1)).map(({ event_id }) => event_id)).toEqual(['during'])

  const again = lock(path)
  expect((await postPage(url, pageBatch(['too long']))).status).toBe(503)
  again()
  expect((await postPage(url, pageBatch(['after']))).status).toBe(202)
  expect((await tiktok.waitForAccepted(2)).map(({ event_id }) => event_id)).toEqual(['during', 'after'])
})

test('a server starts and the command line works even if another process has just locked the outbox', async () => {
  const folder = createFolder()
  const path = `${folder}/outbox.db`
  await open(path).close()
  setTimeout(lock(path), 2 * briefly)
  const child = startCli(['serve', '--config', writeConfig(folder), '--outbox', path, '--port', '0'])
  await child.said(/listening on/)
  setTimeout(lock(path), 2 * briefly)
  expect((await runCli(['outbox', 'drop', '--all', '--outbox', path])).output).toBe('0 dropped.\n')
})

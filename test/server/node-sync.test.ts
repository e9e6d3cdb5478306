// The disk is played here, since no test can pull the plug: its `fdatasync` answers when a test says so.
import type * as fs from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import type { OutboxEvent } from '../../src/server/outbox.ts'
import type { SqliteOutbox } from '../../src/store/sqlite/sqlite-outbox.ts'
import { createFolder } from './node-folder.ts'

const disk = vi.hoisted(() => {
  const syncs: ((error?: Error) => void)[] = []
  return { syncs }
})

vi.mock('node:fs', async (original) => ({
  ...(await original<typeof fs>()),
  fdatasync: (_: number, done: (error?: Error | null) => void) => disk.syncs.push((error) => done(error ?? null)),
}))

// Test files share their modules, and others have loaded the outbox with the real disk.
vi.resetModules()
const { createSqliteOutbox } = await import('../../src/store/sqlite/sqlite-outbox.ts')
afterAll(() => {
  vi.resetModules()
})

beforeEach(() => {
  disk.syncs.length = 0
})

function open(): SqliteOutbox {
  const outbox = createSqliteOutbox({ path: join(createFolder(), 'outbox.db') })
  onTestFinished(() => outbox.close())
  return outbox
}

function purchase(event_id: string): OutboxEvent {
  const event_time = Math.floor(Date.now() / 1000)
  const data = { event: 'Purchase', event_time, event_id, user: {}, page: {}, properties: {} }
  return { data, expires: event_time + 3600, order: false }
}

test('add() resolves only after the events are on disk', async () => {
  const outbox = open()
  const kept = vi.fn()
  const added = outbox.add([purchase('1')]).then(kept)
  await expect.poll(() => disk.syncs.length).toBe(1)
  expect(await outbox.stats()).toMatchObject({ waiting: 1 })
  expect(kept).not.toHaveBeenCalled()
  disk.syncs[0]?.()
  await added
})

test('events that arrive meanwhile share the next commit', async () => {
  const outbox = open()
  const first = outbox.add([purchase('1')])
  await expect.poll(() => disk.syncs.length).toBe(1)
  const others = ['2', '3', '4'].map((id) => outbox.add([purchase(id)]))
  disk.syncs[0]?.()
  await first
  await expect.poll(() => disk.syncs.length).toBe(2)
  expect(await outbox.stats()).toMatchObject({ waiting: 4 })
  disk.syncs[1]?.()
  await Promise.all(others)
})

test('a disk failure is reported to the sender, and the next commit is tried again', async () => {
  const outbox = open()
  const failed = expect(outbox.add([purchase('1')])).rejects.toThrow('EIO')
  await expect.poll(() => disk.syncs.length).toBe(1)
  disk.syncs[0]?.(new Error('EIO: i/o error, fdatasync'))
  await failed
  const added = outbox.add([purchase('2')])
  await expect.poll(() => disk.syncs.length).toBe(2)
  disk.syncs[1]?.()
  await added
})

test('close() waits for the disk', async () => {
  const outbox = open()
  const added = outbox.add([purchase('1')])
  await expect.poll(() => disk.syncs.length).toBe(1)
  const closed = vi.fn()
  const closing = outbox.close().then(closed)
  await Promise.resolve()
  expect(closed).not.toHaveBeenCalled()
  disk.syncs[0]?.()
  await Promise.all([added, closing])
})

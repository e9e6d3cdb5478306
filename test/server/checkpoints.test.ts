import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createCheckpoints } from '../../src/store/sqlite/checkpoints.ts'
import { createFolder } from './node-folder.ts'
import { newPath, numbered, open } from './outbox-kit.ts'

test('a thread writes the log into the database file, long before a commit would have to', async () => {
  const path = newPath()
  const outbox = open(path)
  await outbox.add(numbered(1))
  const before = statSync(path).size
  await outbox.add(numbered(4000).slice(1))
  // SQLite itself would write into the file after 8000 pages of its log.
  expect(statSync(`${path}-wal`).size).toBeLessThan(8000 * 4096)
  await expect.poll(() => statSync(path).size).toBeGreaterThan(before + 100_000)
  expect(await outbox.stats()).toMatchObject({ waiting: 4000 })
  await outbox.close()
  expect(existsSync(`${path}-wal`)).toBe(false)
})

test('a thread that cannot open the file ends, and is not started again', async () => {
  const checkpoints = createCheckpoints(join(createFolder(), 'no-such-folder', 'converge.db'))
  checkpoints.note(10_000)
  await checkpoints.close()
  checkpoints.note(20_000)
  await checkpoints.close()
})

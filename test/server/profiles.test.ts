// The profiles of a forwarder with a SQLite store.
import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { createSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { pixelId } from './node-requests.ts'
import { newPath, soon } from './outbox-kit.ts'
import { testProfiles } from './profile-contract.ts'

testProfiles('with a SQLite store', () => {
  const path = newPath()
  return {
    open(now) {
      const store = createSqliteStore({ path, pixelId, now, retryAfter: soon })
      onTestFinished(() => store.close())
      return store
    },
    find(hashes) {
      const names = readdirSync(dirname(path)).filter((name) => name.startsWith(basename(path)))
      const files = names.map((name) => readFileSync(join(dirname(path), name)))
      return hashes.filter((hash) =>
        files.some((file) => file.includes(hash) || file.includes(Buffer.from(hash, 'hex'))),
      )
    },
  }
})

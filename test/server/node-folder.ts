import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A folder of this test's own, gone when it has ended. */
export function createFolder(inside = tmpdir()): string {
  const folder = mkdtempSync(join(inside, 'converge-tiktok-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }))
  return folder
}

const memory = '/dev/shm'

/** The same, in memory where the system has such a place: for tests that write very often, and never lose power. */
export const createFolderInMemory = (): string => createFolder(existsSync(memory) ? memory : undefined)

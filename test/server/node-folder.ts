import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A folder for one test, deleted afterwards. */
export function createFolder(inside = tmpdir()): string {
  const folder = mkdtempSync(join(inside, 'converge-tiktok-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }))
  return folder
}

const memory = '/dev/shm'

/** The same, in memory if the system supports it. For tests that write very often. */
export const createFolderInMemory = (): string => createFolder(existsSync(memory) ? memory : undefined)

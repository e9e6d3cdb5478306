import { execFileSync } from 'node:child_process'
import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished, type TestContext } from 'vitest'
import { createFolder } from './node-folder.ts'

/** A file system of this size in memory. The test is skipped if the system cannot mount one. */
export function createSmallDisk({ skip }: TestContext, bytes: number): string {
  const folder = createFolder()
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder], { stdio: 'ignore' })
  } catch {
    skip('A small file system could not be mounted: that takes Linux, root, and the right to mount.')
  }
  onTestFinished(() => void execFileSync('umount', ['--lazy', folder]))
  return folder
}

/** Fills a file system to its last byte, as another program might. Returns a function that deletes the file. */
export function fillDisk(folder: string): () => void {
  const path = join(folder, 'filler')
  const file = openSync(path, 'w')
  let size = 1_048_576
  while (size > 0) {
    try {
      writeSync(file, Buffer.alloc(size))
    } catch {
      size >>= 1
    }
  }
  closeSync(file)
  return () => rmSync(path)
}

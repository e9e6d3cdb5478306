import { realpathSync, statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Space } from './outbox-tables.ts'

/** What a path leads to, or `undefined` if nothing is there. The same file has the same identity for as long as it is open. */
export function identityOf(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path, { bigint: true })
    return `${dev}:${ino}`
  } catch {
    return undefined
  }
}

export interface FileCheck {
  /** A sentence, if a file of the database is gone. It is logged once. */
  findLost(): string | undefined
}

/**
 * Watches the files of an open database. A file that was deleted, moved or replaced can still be written to, but the
 * next process that opens the path finds nothing of it.
 */
export function createFileCheck(path: string, log: (sentence: string) => void): FileCheck {
  const file = realpathSync(path)
  const files = ['', '-wal', '-shm'].map((end) => ({ path: file + end, identity: identityOf(file + end) }))
  let logged: string | undefined
  return {
    findLost() {
      const lost = files.find(({ path, identity }) => identityOf(path) !== identity)?.path
      if (!lost) return undefined
      const sentence = `The outbox's file ${lost} was deleted, moved or replaced while it was open. No events are taken until the server is started again.`
      if (logged !== lost) log(`converge-tiktok: ${sentence} What waits is still sent until then.`)
      logged = lost
      return sentence
    },
  }
}

/**
 * How many bytes a database may grow by before its disk has less than `reserve` left. Infinite if the system does not
 * say how much is left.
 */
export function createDiskRoom(path: string, reserve: number): (space: Space) => number {
  const file = realpathSync(path)
  const folder = dirname(file)
  return ({ total }) => {
    try {
      const { bavail, bsize } = statfsSync(folder)
      // What only the log holds takes its place in the file later.
      const growth = Math.max(0, total - statSync(file).size)
      return bavail * bsize - growth - reserve
    } catch {
      return Number.POSITIVE_INFINITY
    }
  }
}

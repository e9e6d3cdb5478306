import { realpathSync, statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Space } from './outbox-tables.ts'

/** Identifies the file at a path, or returns `undefined` if there is none. An open file keeps its identity. */
export function identityOf(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path, { bigint: true })
    return `${dev}:${ino}`
  } catch {
    return undefined
  }
}

export interface FileCheck {
  /** Returns a sentence if a file of the database is lost, and logs it once. */
  findLost(): string | undefined
}

/**
 * Checks the files of an open database. A deleted, moved or replaced file can still be written to, but the next process that
 * opens the path does not find the data.
 */
export function createFileCheck(path: string, log: (sentence: string) => void): FileCheck {
  const file = realpathSync(path)
  const files = ['', '-wal', '-shm'].map((end) => ({ path: file + end, identity: identityOf(file + end) }))
  let logged: string | undefined
  return {
    findLost() {
      const lost = files.find(({ path, identity }) => identityOf(path) !== identity)?.path
      if (!lost) return undefined
      const sentence = `The database file ${lost} was deleted, moved or replaced while it was open. No events are accepted until the server is restarted.`
      if (logged !== lost) log(`converge-tiktok: ${sentence} Waiting events are still sent until then.`)
      logged = lost
      return sentence
    },
  }
}

/** The free bytes of the disk that a file is on. `undefined` if the system does not report them. */
export function freeBytes(path: string): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(dirname(realpathSync(path)))
    return bavail * bsize
  } catch {
    return undefined
  }
}

/**
 * Returns by how many bytes a database may grow before its disk has less than `reserve` left. Infinite if the system does not
 * report the free space.
 */
export function createDiskRoom(path: string, reserve: number): (space: Space) => number {
  const file = realpathSync(path)
  const folder = dirname(file)
  return ({ total }) => {
    try {
      const { bavail, bsize } = statfsSync(folder)
      // Pages that are only in the log take space in the file later.
      const growth = Math.max(0, total - statSync(file).size)
      return bavail * bsize - growth - reserve
    } catch {
      return Number.POSITIVE_INFINITY
    }
  }
}

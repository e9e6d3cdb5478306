import { OutboxFull } from '../../server/outbox.ts'
import type { Tables } from './outbox-tables.ts'
import { createDiskRoom } from './sqlite-file.ts'

export interface Room {
  /** Those that fit, each beside those before it. */
  fit<Sized extends { bytes: number }>(batch: readonly Sized[]): Sized[]
  /** Notes that so many bytes did not fit, and gives back the reason. */
  refuse(bytes: number): OutboxFull
  /** Why nothing more fits at the moment, or false. */
  whyFull(): string | false
  /** Gives space back to a disk that runs full. */
  makeOnDisk(): void
}

export interface RoomOptions {
  path: string
  maxBytes: number
  reserveBytes: number
  tables: Tables
  log: (sentence: string) => void
}

export function createRoom({ path, maxBytes, reserveBytes, tables, log }: RoomOptions): Room {
  const diskRoom = createDiskRoom(path, reserveBytes)
  // The size of what was refused last, until something was taken again.
  let refused: number | undefined

  const ownRoom = () => maxBytes - tables.space().used
  const roomOnDisk = () => diskRoom(tables.space())

  /** What can still be sent is worth more than what was set aside. */
  function forgetDead(): void {
    const forgotten = tables.forgetOldestDead()
    if (forgotten) log(`converge-tiktok: the outbox is full: its ${forgotten} oldest dead letters were deleted.`)
  }

  function giveBack(): void {
    try {
      tables.giveBack()
    } catch {
      // Another process has locked the file, or the disk is full: there will be another occasion.
    }
  }

  function whyNot(bytes: number): string | undefined {
    if (bytes > roomOnDisk()) return `The disk has less than ${reserveBytes} bytes free, its reserve (reserveBytes).`
    if (bytes > ownRoom()) return `The outbox holds ${maxBytes} bytes, its limit (maxBytes).`
    return undefined
  }

  return {
    fit(batch) {
      const space = tables.space()
      let own = maxBytes - space.used
      let disk = diskRoom(space)
      return batch.filter(({ bytes }) => {
        if (bytes > own) own += gainOf(forgetDead, ownRoom)
        if (bytes > disk) disk += gainOf(giveBack, roomOnDisk)
        if (bytes > own || bytes > disk) return false
        own -= bytes
        disk -= bytes
        refused = undefined
        return true
      })
    },
    refuse(bytes) {
      refused = bytes
      return new OutboxFull(whyNot(bytes) ?? 'The outbox has no room for this.')
    },
    whyFull() {
      if (refused !== undefined) return whyNot(refused) ?? false
      // Dead letters make room for what comes: the own limit counts only once something was refused.
      return roomOnDisk() < 1 && (whyNot(Number.POSITIVE_INFINITY) ?? false)
    },
    makeOnDisk() {
      if (roomOnDisk() < (refused ?? 1)) giveBack()
    },
  }
}

/** How many bytes of room some work made. */
function gainOf(work: () => void, room: () => number): number {
  const before = room()
  work()
  return room() - before
}

import { type DiskSpace, OutboxFull } from '../../server/outbox.ts'
import type { Tables } from './outbox-tables.ts'
import { createDiskRoom, freeBytes } from './sqlite-file.ts'

export interface Room {
  /** Returns the additions that fit, in order. */
  fit<Sized extends { bytes: number }>(batch: readonly Sized[]): Sized[]
  /** Records that this many bytes did not fit, and returns the error. */
  refuse(bytes: number): OutboxFull
  /** Returns why no more events fit at the moment, or false. */
  whyFull(): string | false
  /** The space of the database. */
  disk(): DiskSpace
  /** Returns unused space to the disk if it is almost full. */
  makeOnDisk(): void
}

export interface RoomOptions {
  path: string
  maxBytes: number
  reserveBytes: number
  tables: Tables
  log: (sentence: string) => void
}

/** Blocks of up to 1,024 log lines that are deleted before the disk's space is measured again. */
const BLOCKS_AT_ONCE = 8
/** Free pages are returned to the disk only if there are many, so it may take several steps until the disk has room. */
const MOST_STEPS = 20

export function createRoom({ path, maxBytes, reserveBytes, tables, log }: RoomOptions): Room {
  const diskRoom = createDiskRoom(path, reserveBytes)
  // The size of the last refused addition, until another one is accepted.
  let refused: number | undefined

  // The log and the profiles have limits of their own, and the history of customers is never deleted to make room for events.
  const othersBytes = () => tables.logBytes() + tables.historyBytes() + tables.profileBytes()
  const ownRoom = () => maxBytes - Math.max(0, tables.space().used - othersBytes())
  const roomOnDisk = () => diskRoom(tables.space())

  /** Events that can still be sent are more important than dead letters. */
  function forgetDead(): void {
    const forgotten = tables.forgetOldestDead()
    if (forgotten) log(`converge-tiktok: the outbox is full: its ${forgotten} oldest dead letters were deleted.`)
  }

  function giveBack(): void {
    try {
      tables.giveBack()
    } catch {
      // Another process has locked the file, or the disk is full. A later call tries again.
    }
  }

  /** Returns false if there are none. */
  function removeProfiles(): boolean {
    const removed = tables.giveProfilesWay()
    if (removed)
      log(`converge-tiktok: the disk is full: ${removed} profiles of visitors without an order were deleted.`)
    giveBack()
    return removed > 0
  }

  /** Events are more important than lines of the log. Returns false if there are none. */
  function forgetLines(): boolean {
    let blocks = 0
    while (blocks < BLOCKS_AT_ONCE && tables.forgetOldestLines()) blocks++
    giveBack()
    return blocks > 0
  }

  /** Deletes lines of the log, then profiles, until this many bytes fit. Returns how many bytes became free. */
  function gainOnDisk(needed: number): number {
    let gain = 0
    for (const makeRoom of [forgetLines, removeProfiles])
      for (let step = 0; gain < needed && step < MOST_STEPS; step++) {
        const before = roomOnDisk()
        const hadSome = makeRoom()
        gain += roomOnDisk() - before
        if (!hadSome) break
      }
    return gain
  }

  function whyNot(bytes: number): string | undefined {
    if (bytes > roomOnDisk())
      return `The disk has less than ${reserveBytes} bytes free, which is the reserve (reserveBytes).`
    if (bytes > ownRoom()) return `The outbox has reached its limit of ${maxBytes} bytes (maxBytes).`
    return undefined
  }

  return {
    fit(batch) {
      const space = tables.space()
      let own = maxBytes - space.used
      let areOthersCounted = false
      let disk = diskRoom(space)
      return batch.filter(({ bytes }) => {
        if (bytes === 0) return true // such as a denial of consent, which must not wait for room
        if (bytes > own && !areOthersCounted) {
          own += Math.min(space.used, othersBytes())
          areOthersCounted = true
        }
        if (bytes > own) own += gainOf(forgetDead, ownRoom)
        if (bytes > disk) disk += gainOf(giveBack, roomOnDisk)
        if (bytes > disk) disk += gainOnDisk(bytes - disk)
        if (bytes > own || bytes > disk) return false
        own -= bytes
        disk -= bytes
        refused = undefined
        return true
      })
    },
    refuse(bytes) {
      refused = bytes
      return new OutboxFull(whyNot(bytes) ?? 'The outbox has no room for these events.')
    },
    whyFull() {
      if (refused !== undefined) return whyNot(refused) ?? false
      // Dead letters make room for new events, so the size limit only counts after a refusal.
      return roomOnDisk() < 1 && (whyNot(Number.POSITIVE_INFINITY) ?? false)
    },
    disk() {
      const free = freeBytes(path)
      return {
        used: tables.space().used,
        log: tables.logBytes(),
        limit: maxBytes,
        ...(free !== undefined && { free }),
      }
    },
    makeOnDisk() {
      if (roomOnDisk() < (refused ?? 1)) giveBack()
    },
  }
}

/** Returns how many bytes of room some work gained. */
function gainOf(work: () => void, room: () => number): number {
  const before = room()
  work()
  return room() - before
}

import type { AdminEvents, AdminLine } from '../server/admin/admin-api.ts'

const MOST_LOOKED_AT = 100
const isUnfinished = ({ status }: AdminLine): boolean => status === 'waiting' || status === 'retry'

/**
 * The `after` of the next request for newer lines. It is just below the oldest unfinished line near the top, because that line
 * may have changed. 0 asks for the newest lines.
 */
export function afterOf(lines: readonly AdminLine[]): number {
  const [newest] = lines
  const unfinished = lines.slice(0, MOST_LOOKED_AT).filter(isUnfinished).at(-1)
  return unfinished ? unfinished.id - 1 : (newest?.id ?? 0)
}

/** The lines that are shown, and the `before` of the lines below them. */
export interface Shown {
  lines: readonly AdminLine[]
  older: number | undefined
}

/** Puts news on top of the known lines. Lines above `after` that are not among the news no longer match the filters. */
export function withNews({ lines: known, older }: Shown, { lines, next }: AdminEvents, after: number): Shown {
  // If there is more news than one answer holds, the known lines are no longer next to them.
  if (after === 0 || next !== undefined) return { lines, older: next }
  return { lines: [...lines, ...known.filter(({ id }) => id <= after)], older }
}

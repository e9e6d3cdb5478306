/** The panel's position. */
export interface Place {
  isFolded: boolean
  side: 'right' | 'left'
}

/** Screens where the panel is a sheet at the bottom. */
export const phone = '(max-width: 560px)'

const mark = /&converge_panel=(open|folded)-(right|left)/

/**
 * Reads the position from `window.name`, which lasts from page to page without storage, like the debug flag. A name that
 * the page has set is not changed.
 */
export function recallPlace(window: Pick<Window, 'name'> & Partial<Pick<Window, 'matchMedia'>>): Place {
  const [, fold, side] = mark.exec(window.name) ?? []
  // On a phone, an open panel covers too much of the page.
  const isFolded = fold ? fold === 'folded' : window.matchMedia?.(phone).matches === true
  return { isFolded, side: side === 'left' ? 'left' : 'right' }
}

export function keepPlace(window: Pick<Window, 'name'>, { isFolded, side }: Place): void {
  const rest = window.name.replace(mark, '')
  if (!rest || /[?&]converge_(debug|test)/.test(rest))
    window.name = `${rest}&converge_panel=${isFolded ? 'folded' : 'open'}-${side}`
}

/** Removes the debug flag that `?converge_debug` set in this tab. */
export function endFlag(window: Pick<Window, 'name'>): void {
  window.name = window.name.replace(mark, '').replace(/converge_debug/g, '')
}

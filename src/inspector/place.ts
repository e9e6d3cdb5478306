/** Where the panel is. */
export interface Place {
  isFolded: boolean
  side: 'right' | 'left'
}

const mark = /&converge_panel=(open|folded)-(right|left)/

/**
 * The tab's own name keeps the place from page to page, as it keeps the debug flag: memory, and no storage. A name that
 * the page has given its tab is left alone.
 */
export function recallPlace({ name }: Pick<Window, 'name'>): Place {
  const [, fold, side] = mark.exec(name) ?? []
  return { isFolded: fold === 'folded', side: side === 'left' ? 'left' : 'right' }
}

export function keepPlace(window: Pick<Window, 'name'>, { isFolded, side }: Place): void {
  const rest = window.name.replace(mark, '')
  if (!rest || /[?&]converge_(debug|test)/.test(rest))
    window.name = `${rest}&converge_panel=${isFolded ? 'folded' : 'open'}-${side}`
}

/** Ends what `?converge_debug` began in this tab. */
export function endFlag(window: Pick<Window, 'name'>): void {
  window.name = window.name.replace(mark, '').replace(/converge_debug/g, '')
}

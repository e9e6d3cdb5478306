import type { Build } from './build.ts'
import { detailsOf } from './details.ts'
import type { Entry } from './entry.ts'
import { actOf } from './parts.ts'
import { rowContent } from './row.ts'

export interface Row {
  entry: Entry
  item: HTMLElement
  button: HTMLElement
  details: HTMLElement
}

/** The rows. The Tab key reaches one of them, and the arrow keys move to the others. */
export interface List {
  has(key: unknown): boolean
  /** Pass `pixelId` if the page has several pixels. */
  put(entry: Entry, pixelId: string): void
  drop(key: unknown): void
  /** Hides the rows that are not wanted, and returns the number of the others. */
  show(isWanted: (entry: Entry) => boolean): number
  /** The row that contains an element. */
  rowAt(element: Element): Row | undefined
  isOpen(row: Row): boolean
  toggle(row: Row, isOpened: boolean): void
  current(): Row | undefined
  makeCurrent(row: Row): void
  /** The row that a key moves to, from another row or into the list. `up` leaves the list above its first row. */
  step(key: string, from?: Row): Row | 'up' | undefined
}

export function createList(build: Build, document: Document, root: ShadowRoot, list: HTMLElement): List {
  const rows = new Map<unknown, Row>()
  let current: Row | undefined

  const visible = () => [...rows.values()].reverse().filter(({ item }) => !item.hidden)
  const isOpen = ({ details }: Row) => !details.hidden

  function create(entry: Entry): Row {
    const attributes = { type: 'button', class: 'row', 'aria-expanded': 'false', tabindex: '-1', 'data-act': 'toggle' }
    const button = build('button', attributes)
    const details = build('div', { class: 'details', hidden: true })
    const row = { entry, button, details, item: build('li', 'entry', button, details) }
    rows.set(entry.key, row)
    list.prepend(row.item)
    return row
  }

  /** Keeps the focus on a button inside the details. */
  function fill({ details, entry }: Row): void {
    const { activeElement } = root
    const act = details.contains(activeElement) ? actOf(activeElement) : ''
    details.replaceChildren(...detailsOf(build, document, entry))
    if (act) details.querySelector<HTMLElement>(`[data-act="${act}"]`)?.focus()
  }

  function makeCurrent(row: Row | undefined): void {
    current?.button.setAttribute('tabindex', '-1')
    current = row
    row?.button.setAttribute('tabindex', '0')
  }

  return {
    has: (key) => rows.has(key),
    put(entry, pixelId) {
      const row = rows.get(entry.key) ?? create(entry)
      row.entry = entry
      row.button.replaceChildren(rowContent(build, document, entry, pixelId))
      if (isOpen(row)) fill(row)
    },
    drop(key) {
      rows.get(key)?.item.remove()
      rows.delete(key)
    },
    show(isWanted) {
      for (const { item, entry } of rows.values()) item.hidden = !isWanted(entry)
      const left = visible()
      if (!current || !left.includes(current)) makeCurrent(left[0])
      return left.length
    },
    rowAt: (element) => [...rows.values()].find(({ item }) => item.contains(element)),
    isOpen,
    toggle(row, isOpened) {
      row.details.hidden = !isOpened
      row.button.setAttribute('aria-expanded', String(isOpened))
      if (isOpened) fill(row)
      else row.details.replaceChildren()
    },
    current: () => current,
    makeCurrent,
    step(key, from) {
      const all = visible()
      const index = from ? all.indexOf(from) : -1
      if (key === 'ArrowDown') return all[index + 1]
      if (!from) return undefined
      if (key === 'ArrowUp') return all[index - 1] ?? 'up'
      if (key === 'Home') return all[0]
      return key === 'End' ? all[all.length - 1] : undefined
    },
  }
}

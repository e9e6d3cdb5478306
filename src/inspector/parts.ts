import { attempt } from '../core/attempt.ts'
import type { IconName } from '../ui/icon-paths.ts'
import { type Attributes, type Build, builderOf } from './build.ts'
import { filterNames } from './filter-by.ts'
import { icon } from './icon.ts'
import { styles } from './styles.ts'

/** The action of a button, from its `data-act`. */
export type Act = 'save' | 'clear' | 'side' | 'fold' | 'unfold' | 'close' | 'filter' | 'toggle' | 'copy'

export const actOf = (element: Element | null): string => element?.getAttribute('data-act') ?? ''

/** The fixed parts of the panel. Their contents change. */
export interface Parts {
  panel: HTMLElement
  ids: HTMLElement
  facts: HTMLElement
  notices: HTMLElement
  /** The shares of the listed events that have each match key. */
  shares: HTMLElement
  search: HTMLInputElement
  /** By filter name. */
  chips: ReadonlyMap<string, { chip: HTMLElement; count: HTMLElement }>
  list: HTMLElement
  empty: HTMLElement
  /** Announces to screen readers what happened. */
  status: HTMLElement
  badge: HTMLElement
  badgeText: HTMLElement
}

export function createParts(build: Build, document: Document): Parts {
  const button = (act: Act, attributes: Attributes, ...children: (Node | string)[]) =>
    build('button', { type: 'button', 'data-act': act, ...attributes }, ...children)
  const tool = (act: Act, name: IconName, label: string) =>
    button(act, { class: 'tool', 'aria-label': label, title: label }, icon(document, name))

  const ids = build('span', 'ids')
  const facts = build('div', '')
  const notices = build('div', { class: 'notices', role: 'status' })
  const search = build('input', {
    type: 'search',
    class: 'search',
    placeholder: 'Name or event_id',
    'aria-label': 'Show events of this name or event_id',
    autocomplete: 'off',
    spellcheck: 'false',
  })
  const chips = new Map(
    Object.entries(filterNames).map(([name, label]) => {
      const count = build('span', 'count')
      return [name, { count, chip: button('filter', { class: 'chip', 'data-filter': name }, `${label} `, count) }]
    }),
  )
  const list = build('ol', { class: 'list', 'aria-label': 'Events, newest first' })
  const [empty, shares] = [build('p', 'empty'), build('p', 'shares label')]
  const status = build('p', { class: 'unseen', role: 'status' })
  const badgeText = build('span', '')
  const badge = button(
    'unfold',
    { class: 'badge' },
    icon(document, 'mark'),
    build('span', 'unseen', 'Open the Converge inspector. Events: '),
    badgeText,
  )
  const panel = build(
    'section',
    { class: 'panel', 'aria-label': 'Converge inspector', tabindex: '-1' },
    build(
      'div',
      'top',
      build('h2', '', icon(document, 'mark'), 'Converge inspector', ids),
      tool('save', 'save', 'Save as JSON, without personal data'),
      tool('clear', 'clear', 'Clear the list'),
      tool('side', 'side', 'Move to the other side'),
      tool('fold', 'fold', 'Collapse to a badge (Escape)'),
      tool('close', 'close', 'Close in this tab'),
    ),
    facts,
    shares,
    notices,
    build(
      'div',
      'filters',
      search,
      build(
        'div',
        { class: 'chips', role: 'group', 'aria-label': 'Show by status' },
        ...Array.from(chips.values(), ({ chip }) => chip),
      ),
    ),
    build('div', 'scroll', empty, list),
    status,
  )
  return { panel, ids, facts, notices, shares, search, chips, list, empty, status, badge, badgeText }
}

/** A constructed style sheet needs no permission from the page's style-src. Older browsers get a style element. */
export function addStyles({ document, CSSStyleSheet }: Window & typeof globalThis, root: ShadowRoot): void {
  const isAdopted = attempt(() => {
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(styles)
    root.adoptedStyleSheets = [sheet]
    return true
  })
  if (!isAdopted) root.append(builderOf(document)('style', '', styles))
}

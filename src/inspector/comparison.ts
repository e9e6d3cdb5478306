import type { Build } from './build.ts'
import type { Change, Group, Line } from './compare.ts'
import { redactDeep } from './redact.ts'
import type { Tone } from './tone.ts'

const changeWords: Record<Change, [word: string, tone: Tone]> = {
  same: ['as it is', 'none'],
  renamed: ['renamed', 'calm'],
  number: ['text to number', 'other'],
  text: ['number to text', 'other'],
  tidied: ['tidied', 'other'],
  reckoned: ['reckoned', 'other'],
  configured: ['by the config', 'none'],
  identity: ['identity: goes apart, hashed', 'good'],
  place: ['place: in the server copy, not hashed', 'none'],
  address: ["the server copy's page", 'none'],
  refused: ['not understood: left out', 'bad'],
  kept: ['dropped: stays in the page', 'none'],
}

const LONGEST = 300

/** A value as it would be written, without what tells who the visitor is. `name` is the property's own. */
export function shown(value: unknown, name = ''): string {
  const text = JSON.stringify(redactDeep(value, name)) ?? 'undefined'
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
}

/** What came in beside what went out. */
export function comparisonTable(build: Build, label: string, groups: readonly Group[]): HTMLElement {
  const head = build(
    'thead',
    '',
    build('tr', '', build('th', { scope: 'col' }, 'Came in'), build('th', { scope: 'col' }, 'Went out')),
  )
  const bodies = groups.map(({ title, lines }) =>
    build(
      'tbody',
      '',
      build('tr', 'group', build('th', { scope: 'rowgroup', colspan: '2' }, title)),
      ...lines.map(row),
    ),
  )
  return build('table', { 'aria-label': label }, head, ...bodies)

  function row({ from, came, to, left, changes }: Line): HTMLElement {
    // The spaces are for who hears it.
    const tags = changes.flatMap((change) => {
      const [word, tone] = changeWords[change]
      return [' ', build('span', { class: 'change', 'data-tone': tone }, word)]
    })
    return build(
      'tr',
      '',
      build('td', '', ...(from ? cell(from, came) : ['—'])),
      build('td', '', ...(to ? cell(to, left) : []), ...tags),
    )
  }

  function cell(path: string, value: unknown): Node[] {
    const name = path.split(/[.[\]]/).pop()
    return [build('span', 'path', path), ...(value === undefined ? [] : [build('code', '', shown(value, name))])]
  }
}

/** Values by name, where there is nothing to lay beside them. */
export function valueTable(build: Build, label: string, values: Record<string, unknown>): HTMLElement {
  const rows = Object.entries(values).map(([name, value]) =>
    build('tr', '', build('th', { scope: 'row' }, name), build('td', '', build('code', '', shown(value, name)))),
  )
  return build('table', { 'aria-label': label }, build('tbody', '', ...rows))
}

import type { Tone } from '../ui/tone.ts'
import type { Build } from './build.ts'
import type { Change, Group, Line } from './compare.ts'
import { redactDeep } from './redact.ts'

const changeWords: Record<Change, [word: string, tone: Tone]> = {
  same: ['unchanged', 'none'],
  renamed: ['renamed', 'calm'],
  number: ['text to number', 'other'],
  text: ['number to text', 'other'],
  tidied: ['normalized', 'other'],
  computed: ['computed', 'other'],
  configured: ['from the config', 'none'],
  identity: ['match key: sent hashed', 'good'],
  place: ['location: server copy only, not hashed', 'none'],
  address: ['page URL: server copy only', 'none'],
  refused: ['not valid: left out', 'bad'],
  kept: ['not sent', 'none'],
}

const LONGEST = 300

/** A value as text, without personal data. `name` is the property's name. */
export function shown(value: unknown, name = ''): string {
  const text = JSON.stringify(redactDeep(value, name)) ?? 'undefined'
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
}

/** A table of properties and the parameters they became. */
export function comparisonTable(build: Build, label: string, groups: readonly Group[]): HTMLElement {
  const head = build(
    'thead',
    '',
    build('tr', '', build('th', { scope: 'col' }, 'Received'), build('th', { scope: 'col' }, 'Sent')),
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
    // The spaces are for screen readers.
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

/** A table of values by name. */
export function valueTable(build: Build, label: string, values: Record<string, unknown>): HTMLElement {
  const rows = Object.entries(values).map(([name, value]) =>
    build('tr', '', build('th', { scope: 'row' }, name), build('td', '', build('code', '', shown(value, name)))),
  )
  return build('table', { 'aria-label': label }, build('tbody', '', ...rows))
}

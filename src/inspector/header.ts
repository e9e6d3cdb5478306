import type { Build } from './build.ts'
import type { Log } from './log.ts'
import type { Parts } from './parts.ts'

/** Says how pixel, consent, relay and outbox are doing, and below what is to be done about them. */
export function renderHeader(build: Build, { ids, facts, notices }: Parts, logs: ReadonlySet<Log>): void {
  const sentences: Node[] = []
  const lists = Array.from(logs, (log) => {
    const lines = log.facts().map(({ name, value, tone, sentence }) => {
      if (sentence) sentences.push(build('p', { 'data-tone': tone }, build('strong', '', `${name}: `), sentence))
      return build('div', { class: 'dot', 'data-tone': tone }, build('dt', '', name), build('dd', '', value))
    })
    return build('dl', 'facts', ...lines)
  })
  ids.textContent = Array.from(logs, ({ config }) => config.pixelId).join(', ')
  replace(facts, lists)
  replace(notices, sentences)
}

/** A screen reader says what is new in a live region: what has not changed must not be said again. */
function replace(parent: HTMLElement, children: readonly Node[]): void {
  if (parent.textContent !== children.map(({ textContent }) => textContent).join(''))
    parent.replaceChildren(...children)
}

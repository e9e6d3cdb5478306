import type { Build } from './build.ts'
import type { Log } from './log.ts'
import type { Parts } from './parts.ts'

/** Shows the state of pixel, consent, relay and outbox, and below it what to do. */
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

/** Screen readers announce each change of a live region. Replace only what has changed. */
function replace(parent: HTMLElement, children: readonly Node[]): void {
  if (parent.textContent !== children.map(({ textContent }) => textContent).join(''))
    parent.replaceChildren(...children)
}

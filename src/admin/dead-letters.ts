import { html } from 'htm/preact'
import { useRef, useState } from 'preact/hooks'
import type { AdminChanged, AdminDeadLetter, AdminDeadLetters } from '../server/admin/admin-api.ts'
import { hashOf } from './address.ts'
import { problemOf } from './api.ts'
import { Confirm } from './confirm.ts'
import { formatCount, formatMoment } from './format.ts'
import { useSession } from './session.ts'
import { useRefresh } from './use-refresh.ts'
import type { ViewProps } from './view-props.ts'

const PERIOD = 10_000 // ms

type Deed = 'retry' | 'drop'

/** What is asked before it is done. */
interface Question {
  /** Each question gets a dialog of its own. */
  number: number
  deed: Deed
  ids: number[] | 'all'
  count: number
}

type Ask = (deed: Deed, letters: readonly AdminDeadLetter[] | 'all') => void

/** The events that TikTok refused for good, by problem. They can be retried once the problem is solved, or dropped. */
export function DeadLetters({ summary }: ViewProps) {
  const { api } = useSession()
  const { value, problem, refresh } = useRefresh(
    (signal) => api.get<AdminDeadLetters>('dead-letters', {}, signal),
    PERIOD,
  )
  const [selected, setSelected] = useState<ReadonlySet<number>>(new Set())
  const [question, setQuestion] = useState<Question>()
  const lastNumber = useRef(0)
  const [said, setSaid] = useState('')
  const [trouble, setTrouble] = useState('')
  const { letters = [], total = 0 } = value ?? {}
  const chosen = letters.filter(({ id }) => selected.has(id))

  const ask: Ask = (deed, wanted) => {
    const number = ++lastNumber.current
    if (wanted === 'all') return setQuestion({ number, deed, ids: 'all', count: total })
    const fitting = wanted.filter(({ canRetry }) => deed === 'drop' || canRetry)
    setQuestion({ number, deed, ids: fitting.map(({ id }) => id), count: fitting.length })
  }

  async function answer({ deed, ids }: Question): Promise<void> {
    try {
      const { changed } = await api.post<AdminChanged>(`dead-letters/${deed}`, { ids })
      const words = { retry: ['is', 'are', 'sent again'], drop: ['was', 'were', 'dropped'] } as const
      const [one, many, done] = words[deed]
      setSaid(`${formatCount(changed, 'dead letter')} ${changed === 1 ? one : many} ${done}.`)
      setTrouble('')
      setSelected(new Set())
    } catch (error) {
      setTrouble(problemOf(error))
    }
    await Promise.all([refresh(), summary.refresh()])
  }

  return html`<h1 tabindex="-1">Dead letters</h1>
    <p class="hint">TikTok refused these events, or they became too old. They are kept for 30 days.</p>
    <p role="status" class="said">${said}</p>
    <div role="alert">${(problem || trouble) && html`<p class="notice" data-tone="bad">${problem || trouble}</p>`}</div>
    ${value && total === 0 && html`<p class="empty card">There are no dead letters.</p>`}
    ${total > 0 && html`<${Toolbar} total=${total} shown=${letters.length} chosen=${chosen} ask=${ask} />`}
    ${byProblem(letters).map(
      ([problem, group]) => html`<${Group}
        key=${problem}
        problem=${problem}
        letters=${group}
        selected=${selected}
        onSelect=${setSelected}
        ask=${ask}
      />`,
    )}
    ${
      question &&
      html`<${Confirm}
      key=${question.number}
      ...${wordsOf(question)}
      onConfirm=${() => answer(question)}
      onClose=${() => setQuestion((asked) => (asked === question ? undefined : asked))}
    />`
    }`
}

function wordsOf({ deed, count }: Question): { title: string; text: string; action: string; isDangerous: boolean } {
  const what = formatCount(count, 'dead letter')
  if (deed === 'retry')
    return {
      title: `Retry ${what}?`,
      text: 'Solve the problem first. Otherwise TikTok refuses the same events again.',
      action: `Retry ${what}`,
      isDangerous: false,
    }
  return {
    title: `Drop ${what}?`,
    text: 'Dropped events are deleted, and TikTok never receives them. This cannot be undone.',
    action: `Drop ${what}`,
    isDangerous: true,
  }
}

/** The most frequent problem first. */
function byProblem(letters: readonly AdminDeadLetter[]): [string, AdminDeadLetter[]][] {
  const groups = new Map<string, AdminDeadLetter[]>()
  for (const letter of letters) groups.set(letter.problem, [...(groups.get(letter.problem) ?? []), letter])
  return [...groups].sort(([, a], [, b]) => b.length - a.length)
}

interface ToolbarProps {
  total: number
  shown: number
  chosen: AdminDeadLetter[]
  ask: Ask
}

function Toolbar({ total, shown, chosen, ask }: ToolbarProps) {
  return html`<div class="toolbar card">
    <p>
      <b>${formatCount(total, 'dead letter')}</b>${shown < total && `, the newest ${shown} are shown`}${
        chosen.length > 0 && `, ${chosen.length} selected`
      }
    </p>
    <div class="buttons">
      ${
        chosen.length > 0 &&
        html`<button type="button" class="button" onClick=${() => ask('retry', chosen)} disabled=${!chosen.some(({ canRetry }) => canRetry)}>
            Retry selected
          </button>
          <button type="button" class="button" data-tone="bad" onClick=${() => ask('drop', chosen)}>Drop selected</button>`
      }
      <button type="button" class="button" onClick=${() => ask('retry', 'all')}>Retry all</button>
      <button type="button" class="button" data-tone="bad" onClick=${() => ask('drop', 'all')}>Drop all</button>
    </div>
  </div>`
}

interface GroupProps {
  problem: string
  letters: AdminDeadLetter[]
  selected: ReadonlySet<number>
  onSelect: (selected: ReadonlySet<number>) => void
  ask: Ask
}

function Group({ problem, letters, selected, onSelect, ask }: GroupProps) {
  const ids = letters.map(({ id }) => id)
  const areAll = ids.every((id) => selected.has(id))
  const select = (some: readonly number[], isOn: boolean) =>
    onSelect(new Set(isOn ? [...selected, ...some] : [...selected].filter((id) => !some.includes(id))))
  const advices = [...new Set(letters.map(({ advice }) => advice).filter(Boolean))]
  return html`<section class="card group" aria-label=${problem}>
    <div class="card-head">
      <h2>${problem}</h2>
      <div class="buttons">
        <button type="button" class="button" disabled=${!letters.some(({ canRetry }) => canRetry)} onClick=${() => ask('retry', letters)}>
          Retry ${letters.length}<span class="unseen"> with the problem: ${problem}</span>
        </button>
        <button type="button" class="button" data-tone="bad" onClick=${() => ask('drop', letters)}>
          Drop ${letters.length}<span class="unseen"> with the problem: ${problem}</span>
        </button>
      </div>
    </div>
    ${advices.map((advice) => html`<p class="advice">${advice}</p>`)}
    <label class="pick all">
      <input type="checkbox" checked=${areAll} onChange=${() => select(ids, !areAll)} />
      Select ${formatCount(letters.length, 'event')}<span class="unseen"> with the problem: ${problem}</span>
    </label>
    <ul class="letters">
      ${letters.map(
        (letter) => html`<${Letter}
          key=${letter.id}
          letter=${letter}
          isSelected=${selected.has(letter.id)}
          onSelect=${(isOn: boolean) => select([letter.id], isOn)}
          ask=${ask}
        />`,
      )}
    </ul>
  </section>`
}

interface LetterProps {
  letter: AdminDeadLetter
  isSelected: boolean
  onSelect: (isOn: boolean) => void
  ask: Ask
}

function Letter({ letter, isSelected, onSelect, ask }: LetterProps) {
  const { event, event_id, died, attempts, canRetry } = letter
  const name = `${event} ${event_id}`
  return html`<li>
    <label class="pick">
      <input type="checkbox" checked=${isSelected} onChange=${() => onSelect(!isSelected)} />
      <b>${event}</b> <code>${event_id}</code>
    </label>
    <span class="time">${formatMoment(died, Date.now())}, after ${formatCount(attempts, 'attempt')}</span>
    <span class="buttons">
      <a href=${hashOf('events', { q: event_id })}>Events<span class="unseen"> of ${event_id}</span></a>
      <button type="button" class="link" disabled=${!canRetry} onClick=${() => ask('retry', [letter])}>
        Retry<span class="unseen"> ${name}</span>
      </button>
      <button type="button" class="link" onClick=${() => ask('drop', [letter])}>Drop<span class="unseen"> ${name}</span></button>
    </span>
  </li>`
}

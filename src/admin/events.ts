import { html } from 'htm/preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { AdminEvents, AdminLine, AdminSummary } from '../server/admin/admin-api.ts'
import { type Filters, filterNames, hashOf, noFilters } from './address.ts'
import { problemOf } from './api.ts'
import { EventLine } from './event-line.ts'
import { formatCount } from './format.ts'
import { useSession } from './session.ts'
import { statuses, statusNames } from './statuses.ts'
import { afterOf, type Shown, withNews } from './tail.ts'
import { useRefresh } from './use-refresh.ts'
import type { ViewProps } from './view-props.ts'

const TAIL_PERIOD = 2000 // ms
const PAGE = '50'
const MOST_NEWS = '200'

/** The status of each event, live. */
export function Events({ filters, summary: { value: summary } }: ViewProps) {
  const { noLog } = summary ?? {}
  if (noLog) return html`<h1 tabindex="-1">Events</h1><p class="empty card">${noLog}</p>`
  return html`<h1 tabindex="-1">Events</h1>
    <${FilterForm} filters=${filters} summary=${summary} />
    <${Log} key=${hashOf('events', filters)} filters=${filters} now=${summary?.now ?? Date.now()} />`
}

function setFilters(filters: Filters): void {
  // Without a new entry in the browser's history: each letter of a search would be one.
  window.location.replace(hashOf('events', filters))
}

function FilterForm({ filters, summary }: { filters: Filters; summary: AdminSummary | undefined }) {
  const search = useRef<HTMLInputElement>(null)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const submitted = useRef(filters.q)
  const names = [...new Set((summary?.days ?? []).flatMap(({ events }) => Object.keys(events)))].sort()
  const sources = (summary?.sources ?? []).map(({ name }) => name)
  const change = (name: keyof Filters) => (event: Event) => {
    const { target } = event
    if (target instanceof HTMLInputElement || target instanceof HTMLSelectElement)
      setFilters({ ...filters, [name]: target.value })
  }
  const submit = (event?: Event) => {
    event?.preventDefault()
    clearTimeout(timer.current)
    submitted.current = search.current?.value.trim() ?? ''
    setFilters({ ...filters, q: submitted.current })
  }
  const type = () => {
    clearTimeout(timer.current)
    timer.current = setTimeout(submit, 300)
  }
  useEffect(() => () => clearTimeout(timer.current), [])
  useEffect(() => {
    // This runs after the filters were shown. What was typed until then must stay.
    if (!search.current || submitted.current === filters.q) return
    submitted.current = filters.q
    search.current.value = filters.q
  }, [filters.q])

  const isFiltered = filterNames.some((name) => filters[name])
  return html`<form class="filters card" role="search" aria-label="Events" onSubmit=${submit}>
    <label class="wide">Order ID or event_id
      <input ref=${search} type="search" name="q" autocomplete="off" spellcheck=${false} defaultValue=${filters.q} onInput=${type} />
    </label>
    <${Select} label="Status" value=${filters.status} onChange=${change('status')} options=${statuses.map((status) => [status, statusNames[status]])} />
    <${Select} label="Event" value=${filters.event} onChange=${change('event')} options=${names.map((name) => [name, name])} />
    <${Select} label="Source" value=${filters.source} onChange=${change('source')} options=${sources.map((name) => [name, name])} />
    <label>Day (UTC)
      <input type="date" name="day" value=${filters.day} onChange=${change('day')} />
    </label>
    ${isFiltered && html`<button type="button" class="button" onClick=${() => setFilters(noFilters)}>Clear filters</button>`}
  </form>`
}

interface SelectProps {
  label: string
  value: string
  options: [value: string, name: string][]
  onChange: (event: Event) => void
}

function Select({ label, value, options, onChange }: SelectProps) {
  const isKnown = !value || options.some(([known]) => known === value)
  const all = isKnown ? options : [...options, [value, value]]
  return html`<label>${label}
    <select name=${label.toLowerCase()} value=${value} onChange=${onChange}>
      <option value="">All</option>
      ${all.map(([value, name]) => html`<option key=${value} value=${value}>${name}</option>`)}
    </select>
  </label>`
}

/** The lines that match the filters. It is mounted again for other filters. */
function Log({ filters, now }: { filters: Filters; now: number }) {
  const { api } = useSession()
  const [isLive, setLive] = useState(true)
  const [shown, setShown] = useState<Shown>()
  const [news, setNews] = useState('')
  const [trouble, setTrouble] = useState('')
  const { lines = [], older } = shown ?? {}

  const load = async (signal: AbortSignal): Promise<void> => {
    const after = afterOf(lines)
    const position = after > 0 ? { after: String(after), limit: MOST_NEWS } : { limit: PAGE }
    const answer = await api.get<AdminEvents>('events', { ...filters, ...position }, signal)
    const fresh = answer.lines.filter(({ id }) => id > (lines[0]?.id ?? 0)).length
    if (shown && fresh > 0) setNews(`${formatCount(fresh, 'new event')}.`)
    setShown(withNews({ lines, older }, answer, after))
  }
  const { problem } = useRefresh(load, isLive ? TAIL_PERIOD : 0)

  async function loadOlder(): Promise<void> {
    try {
      const more = await api.get<AdminEvents>('events', { ...filters, limit: PAGE, before: String(older) })
      setShown((before) => ({ lines: [...(before?.lines ?? []), ...more.lines], older: more.next }))
      setTrouble('')
    } catch (error) {
      setTrouble(problemOf(error))
    }
  }

  return html`<section class="card log" aria-labelledby="lines-title">
    <div class="card-head">
      <h2 id="lines-title">${shown ? formatCount(lines.length, 'event') : 'Events'}${older !== undefined && ' or more'}, newest first</h2>
      <div class="buttons">
        <button type="button" class="button" aria-pressed=${String(isLive)} onClick=${() => setLive(!isLive)}>
          <span class="dot" data-tone=${isLive ? 'good' : 'wait'}>Live</span>
        </button>
        <a class="button" href=${api.urlOf('events.csv', filters)} download>Download CSV</a>
      </div>
    </div>
    <p class="unseen" role="status">${news}</p>
    <div role="alert">${(problem || trouble) && html`<p class="notice" data-tone="bad">${problem || trouble}</p>`}</div>
    ${shown && lines.length === 0 && html`<p class="empty">No event matches the filters.</p>`}
    ${shown ? html`<${Lines} lines=${lines} now=${now} />` : html`<p class="empty">Loading …</p>`}
    ${older !== undefined && html`<p class="more"><button type="button" class="button" onClick=${loadOlder}>Show older events</button></p>`}
  </section>`
}

const steps: Readonly<Record<string, (at: number, last: number) => number>> = {
  ArrowDown: (at, last) => Math.min(at + 1, last),
  ArrowUp: (at) => Math.max(at - 1, 0),
  Home: () => 0,
  End: (_, last) => last,
}

/** Tab reaches one line of the list, and the arrow keys move between them. Escape closes an open one. */
function Lines({ lines, now }: { lines: readonly AdminLine[]; now: number }) {
  const list = useRef<HTMLOListElement>(null)
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set())
  const [focused, setFocused] = useState<number>()
  const current = lines.some(({ id }) => id === focused) ? focused : lines[0]?.id

  const toggle = (id: number, isOpen: boolean) =>
    setOpen((before) => new Set(isOpen ? [...before, id] : [...before].filter((one) => one !== id)))

  function onKey(event: KeyboardEvent): void {
    const { key, target, altKey, ctrlKey, metaKey } = event
    if (altKey || ctrlKey || metaKey || !(target instanceof HTMLElement)) return
    const rows = [...(list.current?.querySelectorAll<HTMLElement>('.row') ?? [])]
    if (key === 'Escape') {
      const row = target.closest('.entry')?.querySelector<HTMLElement>('.row')
      if (!row) return
      toggle(Number(row.dataset.line), false)
      row.focus()
    }
    const step = Object.hasOwn(steps, key) ? steps[key] : undefined
    if (!step || !target.matches('.row')) return
    event.preventDefault()
    rows[step(rows.indexOf(target), rows.length - 1)]?.focus()
  }

  return html`<ol ref=${list} class="list" aria-label="Events, newest first" onKeyDown=${onKey}>
    ${lines.map(
      (line) => html`<${EventLine}
        key=${line.id}
        line=${line}
        now=${now}
        isOpen=${open.has(line.id)}
        isCurrent=${line.id === current}
        onToggle=${() => toggle(line.id, !open.has(line.id))}
        onFocus=${() => setFocused(line.id)}
      />`,
    )}
  </ol>`
}

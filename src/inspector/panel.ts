import { attempt } from '../core/attempt.ts'
import { cleanUrl } from '../core/clean-url.ts'
import type { Config, Converge } from '../types.ts'
import { copyText } from '../ui/clipboard.ts'
import { builderOf } from './build.ts'
import { type Entry, isToFix } from './entry.ts'
import { toJson } from './export.ts'
import { type FilterName, filterNames, hasOutcome, isCalled, isFilterName } from './filter-by.ts'
import { renderHeader } from './header.ts'
import { createHost, removeHost } from './host.ts'
import { dropRows, keepRows, recallRows } from './kept-rows.ts'
import { createList, type Row } from './list.ts'
import { type Log, MOST, openIdleLog, openLog } from './log.ts'
import { sharesInWords } from './match-keys.ts'
import { type Act, actOf, addStyles, createParts } from './parts.ts'
import { endFlag, keepPlace, recallPlace } from './place.ts'
import { outcomeNames } from './row.ts'
import { saveFile } from './save.ts'
import { watchPage } from './watch-page.ts'

export interface Panel {
  /** Shows an instance's events, or that there is no instance yet. Returns a function that stops it. */
  watch(converge: Converge | undefined, config: Config): () => void
}

// The page's dialogs, focus traps and shortcuts must not receive the panel's events.
const ownEvents = 'keydown keyup keypress click mousedown pointerdown touchstart input change focusin'

/** Opens the panel in a page. Calls `onClose` when it is closed. */
export function openPanel(window: Window & typeof globalThis, onClose: () => void): Panel {
  const { document, console } = window
  const host = createHost(window)
  const root = host.attachShadow({ mode: 'open' })
  const build = builderOf(document)
  const parts = createParts(build, document)
  const list = createList(build, document, root, parts.list)
  const place = recallPlace(window)
  const logs = new Set<Log>()
  const entries = new Map<unknown, Entry>()
  const changed = new Set<unknown>()
  let filter: FilterName = 'all'
  let isPlanned = false
  let isFirst = true

  const page = watchPage(window, plan)
  root.append(parts.panel, parts.badge)
  addStyles(window, root)
  listen()
  settle()
  for (const entry of recallRows(window)) receive(entry)

  /** Renders in the next frame, so that a task with many events does not block the page. */
  function plan(): void {
    if (isPlanned) return
    isPlanned = true
    window.requestAnimationFrame(() => {
      isPlanned = false
      attempt(render, console.error)
    })
  }

  function receive(entry?: Entry): void {
    if (entry) {
      entries.set(entry.key, entry)
      changed.add(entry.key)
      const [oldest] = entries.keys()
      if (entries.size > MOST) forget(oldest)
    }
    plan()
  }

  function forget(key: unknown): void {
    entries.delete(key)
    changed.add(key)
  }

  function render(): void {
    for (const log of logs) log.look()
    const news = [...changed].flatMap((key) => (list.has(key) ? [] : (entries.get(key) ?? [])))
    for (const key of changed) {
      const entry = entries.get(key)
      if (entry) list.put(entry, logs.size > 1 ? entry.config.pixelId : '')
      else list.drop(key)
    }
    if (changed.size) keepRows(window, [...entries.values()])
    changed.clear()
    reportWidth()
    renderHeader(build, parts, logs)
    parts.shares.textContent = sharesInWords([...entries.values()])
    parts.shares.hidden = !parts.shares.textContent
    renderFilters()
    const faults = [...entries.values()].filter(isToFix).length
    parts.badge.classList.toggle('bad', faults > 0)
    parts.badgeText.textContent = `${entries.size}${faults ? ` · ${faults} to fix` : ''}`
    // Do not announce events from before the panel was opened.
    if (!isFirst && !place.isFolded) announceNews(news)
    isFirst = false
  }

  function renderFilters(): number {
    for (const [name, { chip, count }] of parts.chips) {
      const number = [...entries.values()].filter((entry) => isFilterName(name) && hasOutcome(entry, name)).length
      count.textContent = String(number)
      chip.hidden = !number && name !== 'all' && name !== filter
      chip.setAttribute('aria-pressed', String(name === filter))
    }
    const shown = list.show((entry) => hasOutcome(entry, filter) && isCalled(entry, parts.search.value))
    parts.empty.hidden = shown > 0
    parts.empty.textContent = entries.size
      ? 'No event matches the filter.'
      : "No events yet. Use the shop, or call converge.track('Searched', { query: 'cap' }) in the console."
    return shown
  }

  function announceNews(news: readonly Entry[]): void {
    const last = news[news.length - 1]
    if (!last) return
    const what = `${last.eventName}: ${outcomeNames[last.outcome]}. ${last.sentence}`
    say(news.length > 1 ? `${news.length} more. ${what}` : what)
  }

  function say(text: string): void {
    parts.status.textContent = text
  }

  function settle(): void {
    parts.panel.hidden = place.isFolded
    parts.badge.hidden = !place.isFolded
    host.setAttribute('data-side', place.side)
    host.toggleAttribute('data-folded', place.isFolded)
  }

  /** Lets the page make room for the panel, which is wider while a row is open. */
  function reportWidth(): void {
    host.toggleAttribute('data-wide', Boolean(parts.list.querySelector('[aria-expanded=true]')))
  }

  function move(to: Partial<typeof place>): void {
    Object.assign(place, to)
    settle()
    keepPlace(window, place)
  }

  function fold(isFolded: boolean): void {
    move({ isFolded })
    if (isFolded) parts.badge.focus()
    else (list.current()?.button ?? parts.panel).focus()
  }

  function listen(): void {
    const on = <Type extends keyof HTMLElementEventMap>(type: Type, task: (event: HTMLElementEventMap[Type]) => void) =>
      root.addEventListener(type, (event) => attempt(() => task(Object(event)), console.error))
    on('click', ({ target }) => {
      const button = Object(target).closest?.('[data-act]')
      if (button) act(button)
      reportWidth()
    })
    on('input', plan)
    on('keydown', (event) => {
      onKey(event)
      reportWidth()
    })
    on('focusin', ({ target }) => {
      const row = list.rowAt(Object(target))
      if (row) list.makeCurrent(row)
    })
    for (const type of ownEvents.split(' '))
      root.addEventListener(type, (event) => event.stopPropagation(), { passive: true })
  }

  function act(button: HTMLElement): void {
    const row = list.rowAt(button)
    const deeds: Record<Act, () => unknown> = {
      fold: () => fold(true),
      unfold: () => fold(false),
      close() {
        dropRows(window)
        endFlag(window)
        end()
      },
      side() {
        move({ side: place.side === 'right' ? 'left' : 'right' })
        say(`The inspector is on the ${place.side}.`)
      },
      save() {
        saveFile(window, build, toJson([...entries.values()], logs, cleanUrl(window.location.href)))
        say(`Saved ${entries.size} events, without personal data.`)
      },
      clear() {
        ;[...entries.keys()].forEach(forget)
        say('The list was cleared.')
        plan()
      },
      filter() {
        const name = button.getAttribute('data-filter') ?? ''
        filter = isFilterName(name) && name !== filter ? name : 'all'
        say(`${filterNames[filter]}: ${renderFilters()} shown.`)
      },
      toggle: () => row && list.toggle(row, !list.isOpen(row)),
      copy: () => row && copy(row, button),
    }
    const deed = Object.entries(deeds).find(([name]) => name === actOf(button))
    deed?.[1]()
  }

  async function copy({ entry: { eventID } }: Row, button: HTMLElement): Promise<void> {
    const isCopied = await copyText(window, eventID, root)
    button.classList.toggle('copied', isCopied)
    say(isCopied ? `Copied ${eventID}.` : 'The browser did not allow copying.')
  }

  function onKey(event: KeyboardEvent): void {
    const { key, altKey, ctrlKey, metaKey, isComposing } = event
    const target: Element = Object(event.target)
    if (altKey || ctrlKey || metaKey || isComposing) return
    if (key === 'Escape') {
      event.preventDefault()
      stepOut(target)
      return
    }
    const isRow = actOf(target) === 'toggle'
    if (!isRow && target !== parts.search) return
    const next = list.step(key, isRow ? list.rowAt(target) : undefined)
    if (!next) return
    event.preventDefault()
    if (next === 'up') parts.search.focus()
    else next.button.focus()
  }

  /** Of an opened row, of the filter, of the panel. */
  function stepOut(target: Element): void {
    const row = list.rowAt(target)
    if (row && list.isOpen(row)) {
      list.toggle(row, false)
      row.button.focus()
    } else if (target === parts.search && parts.search.value) {
      parts.search.value = ''
      plan()
    } else if (!place.isFolded) fold(true)
  }

  function end(): void {
    for (const log of logs) log.stop()
    logs.clear()
    page.stop()
    removeHost(host)
    onClose()
  }

  return {
    watch(converge, config) {
      for (const log of logs) if (!log.config.pixelId) logs.delete(log)
      const isIdle = !converge || !config.pixelId
      const log = isIdle ? openIdleLog(config) : openLog(window, converge, config, page, receive)
      logs.add(log)
      plan()
      return () => {
        log.stop()
        if (logs.delete(log) && !logs.size) end()
      }
    },
  }
}

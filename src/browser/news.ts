import { attempt } from '../core/attempt.ts'
import type { News, State } from '../types.ts'
import { config } from './instance.ts'

type Piece = [type: keyof News, ...news: unknown[]]

const REMEMBERED = 50

/** How things stand. */
export const state: State = {
  pixel: config.mapping?.mode === 'server_only' ? 'off' : 'waiting',
  consent: {},
  relay: config.relay ? 'ready' : 'off',
  outbox: 0,
}

/** What is to be done whenever the pixel's state changes. */
export const onPixelChange = new Set<() => void>()

const past: Piece[] = []
const listeners = new Set<(piece: Piece) => void>()

export function emit(...piece: Piece): void {
  if (piece[0] === 'event' && past.push(piece) > REMEMBERED) past.shift()
  for (const hear of listeners) hear(piece)
}

export function report(part: Partial<State>): void {
  emit('state', { ...Object.assign(state, part) })
  if (part.pixel) for (const task of onPixelChange) task()
}

/** Tells the state and the last events at once, then whatever comes. Gives the way to stop listening. */
export function on<Type extends keyof News>(type: Type, listener: (...news: News[Type]) => void): () => void {
  // A listener that throws is the page's own fault: the console hears of it, and the others still hear the news.
  const hear = ([what, ...news]: Piece) =>
    what === type && attempt(() => listener(...(news as News[Type])), console.error)
  hear(['state', { ...state }])
  past.forEach(hear)
  listeners.add(hear)
  return () => listeners.delete(hear)
}

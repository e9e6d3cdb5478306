import type { News, State } from '../types.ts'
import type { Piece, Tracker } from './state.ts'

const REMEMBERED = 50

/** Emits to the listeners of one pixel. */
export function emit(tracker: Tracker, ...piece: Piece): void {
  const { past, listeners } = tracker
  if (piece[0] === 'event' && past.push(piece) > REMEMBERED) past.shift()
  for (const notify of listeners) notify(piece)
}

/** Changes the pixel's state, and emits it. */
export function report(tracker: Tracker, change: Partial<State>): void {
  emit(tracker, 'state', { ...Object.assign(tracker.state, change) })
}

/** Calls back at once with the state or the last 50 events, then for each new one. Returns a function that unsubscribes. */
export function listen<Type extends keyof News>(
  tracker: Tracker,
  type: Type,
  listener: (...news: News[Type]) => void,
): () => void {
  function notify([what, ...news]: Piece): void {
    try {
      if (what === type) Reflect.apply(listener, undefined, news)
    } catch (error) {
      // An error in the page's listener must not stop the other listeners.
      console.error(error)
    }
  }
  notify(['state', { ...tracker.state }])
  tracker.past.forEach(notify)
  tracker.listeners = [...tracker.listeners, notify]
  return () => {
    tracker.listeners = tracker.listeners.filter((other) => other !== notify)
  }
}

import type { News, State } from '../types.ts'
import type { Piece, Tracker } from './state.ts'

const REMEMBERED = 50

/** Tells those who listen to one pixel's news. */
export function emit(tracker: Tracker, ...piece: Piece): void {
  const { past, listeners } = tracker
  if (piece[0] === 'event' && past.push(piece) > REMEMBERED) past.shift()
  for (const tell of listeners) tell(piece)
}

/** Changes the pixel's state, and tells it. */
export function report(tracker: Tracker, change: Partial<State>): void {
  emit(tracker, 'state', { ...Object.assign(tracker.state, change) })
}

/** Calls back with the state and the last 50 events at once, then with whatever comes. Returns the function that unsubscribes. */
export function listen<Type extends keyof News>(
  tracker: Tracker,
  type: Type,
  listener: (...news: News[Type]) => void,
): () => void {
  function tell([what, ...news]: Piece): void {
    try {
      if (what === type) Reflect.apply(listener, undefined, news)
    } catch (error) {
      // A listener that throws is the page's own fault. The others still get the news.
      console.error(error)
    }
  }
  tell(['state', { ...tracker.state }])
  tracker.past.forEach(tell)
  tracker.listeners = [...tracker.listeners, tell]
  return () => {
    tracker.listeners = tracker.listeners.filter((other) => other !== tell)
  }
}

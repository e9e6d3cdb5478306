import type { News } from '../types.ts'

/** Who listens to one pixel's news. */
export interface Listeners {
  emit<Type extends keyof News>(type: Type, ...news: News[Type]): void
  /** Calls back with the last 50 events at once, then with whatever comes. Returns the function that unsubscribes. */
  on<Type extends keyof News>(type: Type, listener: (...news: News[Type]) => void): () => void
}

type Piece = [type: keyof News, ...news: unknown[]]

const REMEMBERED = 50

/** @param first what a new listener hears first */
export function createListeners(first: () => Piece): Listeners {
  const past: Piece[] = []
  let listeners: ((piece: Piece) => void)[] = []

  return {
    emit(...piece) {
      if (piece[0] === 'event' && past.push(piece) > REMEMBERED) past.shift()
      for (const tell of listeners) tell(piece)
    },
    on(type, listener) {
      function tell([what, ...news]: Piece): void {
        try {
          if (what === type) Reflect.apply(listener, undefined, news)
        } catch (error) {
          // A listener that throws is the page's own fault. The others still get the news.
          console.error(error)
        }
      }
      tell(first())
      past.forEach(tell)
      listeners = [...listeners, tell]
      return () => {
        listeners = listeners.filter((other) => other !== tell)
      }
    },
  }
}

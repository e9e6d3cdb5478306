import { attempt } from '../core/attempt.ts'

export interface Emitter<News extends unknown[]> {
  emit(...news: News): void
  /** Tells the latest news at once, then whatever comes. Gives the way to stop listening. */
  on(listener: (...news: News) => void): () => void
}

const REMEMBERED = 50

export function createEmitter<News extends unknown[]>(): Emitter<News> {
  const past: News[] = []
  const listeners = new Set<(...news: News) => void>()

  // A listener that throws is the page's own fault: the console hears of it, and the others still hear the news.
  const tell = (news: News) => (listener: (...news: News) => void) => attempt(() => listener(...news), console.error)

  return {
    emit(...news) {
      if (past.push(news) > REMEMBERED) past.shift()
      listeners.forEach(tell(news))
    },
    on(listener) {
      for (const news of past) tell(news)(listener)
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

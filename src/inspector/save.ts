import type { Build } from './build.ts'

const DAY = 10 // characters of an ISO time
const UNTIL_READ = 10_000 // ms

/** Downloads a file. */
export function saveFile({ URL, Blob, setTimeout }: Window & typeof globalThis, build: Build, json: string): void {
  const href = URL.createObjectURL(new Blob([json], { type: 'application/json' }))
  const day = new Date().toISOString().slice(0, DAY)
  build('a', { href, download: `converge-events-${day}.json` }).click()
  setTimeout(() => URL.revokeObjectURL(href), UNTIL_READ)
}

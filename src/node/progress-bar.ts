export interface ProgressBar {
  /** Shows how much is done, from 0 to 1, with a few words. */
  show(share: number, words: string): void
  /** Removes the bar, so that other lines can be printed. */
  clear(): void
}

const width = 24
const silent: ProgressBar = { show() {}, clear() {} }

/** Shows a progress bar on standard error. Does nothing if that is not a terminal. */
export function createProgressBar(
  stream: NodeJS.WriteStream = process.stderr,
  now: () => number = Date.now,
): ProgressBar {
  if (!stream.isTTY) return silent
  let last = 0
  return {
    show(share, words) {
      if (now() - last < 100) return
      last = now()
      const done = Math.round(Math.min(1, Math.max(0, share)) * width)
      const percent = `${Math.floor(share * 100)} %`.padStart(5)
      stream.write(`\r\u001B[K${'█'.repeat(done)}${'░'.repeat(width - done)} ${percent}  ${words}`)
    },
    clear() {
      stream.write('\r\u001B[K')
    },
  }
}

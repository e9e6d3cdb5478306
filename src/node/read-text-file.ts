import { readFileSync } from 'node:fs'

/** Reads a text file in UTF-8, or in UTF-16 with a byte order mark, as editors and shells of Windows write it. */
export function readTextFile(path: string): string {
  const bytes = readFileSync(path)
  // The decoder removes the mark.
  return new TextDecoder(encodingOf(bytes)).decode(bytes)
}

function encodingOf([first, second]: Uint8Array): string {
  if (first === 0xff && second === 0xfe) return 'utf-16le'
  if (first === 0xfe && second === 0xff) return 'utf-16be'
  return 'utf-8'
}

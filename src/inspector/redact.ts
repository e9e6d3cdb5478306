const personal = /\S*(@|%40)\S*|\+\d[\d ().-]{6,}\d|\b[\da-f]{64}\b/gi
const MAX_TEXT = 100

/** A page's own text for a line of the console: short, on one line, without what may be an e-mail, a phone number or a hash. */
export function redact(text: string): string {
  const line = text.replace(personal, '…').replace(/\s+/g, ' ').trim()
  return line.length > MAX_TEXT ? `${line.slice(0, MAX_TEXT)}…` : line
}

import { redact as redactText } from '../core/redact.ts'

const hashOrPhone = /\b[\da-f]{32,}\b|\+?\d[\d ().-]{7,}\d/gi
const MAX_TEXT = 300

/** Removes what may be an email address, a hash, a phone number or a secret from text for a log line or a dead letter. */
export function redact(text: string, secrets: readonly string[] = []): string {
  const cut = secrets.filter(Boolean).reduce((rest, secret) => rest.replaceAll(secret, '…'), text)
  return redactText(cut, hashOrPhone).replace(/\s+/g, ' ').trim().slice(0, MAX_TEXT)
}

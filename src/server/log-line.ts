import type { Log, LogFields, LogLevel } from '../core/log.ts'

export type LogFormat = 'text' | 'json'

interface Line {
  /** Milliseconds since 1970. */
  time: number
  level: LogLevel
  message: string
  fields?: LogFields | undefined
}

/** One line of a log, without a line break. */
export const logLine: Record<LogFormat, (line: Line) => string> = {
  text: ({ time, level, message, fields }) =>
    `${new Date(time).toISOString()} ${level} converge-tiktok: ${plainText(message, fields)}`,
  json: ({ time, level, message, fields }) =>
    JSON.stringify({ time: new Date(time).toISOString(), level, message: oneLine(message), ...fields }),
}

/** `message key=value key="a value with spaces"` */
export function plainText(message: string, fields: LogFields = {}): string {
  const pairs = Object.entries(fields).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key}=${quoted(value)}`],
  )
  return [oneLine(message), ...pairs].join(' ')
}

/** Untrusted text must not break the line or contain terminal control characters. */
const oneLine = (text: string): string => text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')

function quoted(value: string | number): string {
  const text = oneLine(String(value))
  return /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text)
}

/** Writes to the console: `info` to stdout, the other levels to stderr. */
export function createLog(format: LogFormat = 'text', now: () => number = Date.now): Log {
  return (level, message, fields) => console[level](logLine[format]({ time: now(), level, message, fields }))
}

/** For parts that log whole sentences with the prefix `converge-tiktok: `. */
export const sentencesTo =
  (log: Log) =>
  (sentence: string): void =>
    log('warn', sentence.replace(/^converge-tiktok: /, ''))

import type { Log } from '../../src/core/log.ts'
import { plainText } from '../../src/server/log-line.ts'

/** Writes each log line into a list, as `level message key=value`. */
export const logTo =
  (lines: string[]): Log =>
  (level, message, fields) =>
    void lines.push(`${level} ${plainText(message, fields)}`)

export type LogLevel = 'info' | 'warn' | 'error'

/** The fields of a log line. A field that is `undefined` is left out. */
export type LogFields = Readonly<Record<string, string | number | undefined>>

/** Writes one log line. The message is a sentence without its period, for the operator of the forwarder. */
export type Log = (level: LogLevel, message: string, fields?: LogFields) => void

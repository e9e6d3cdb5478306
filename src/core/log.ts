export type LogLevel = 'info' | 'warn' | 'error'

/** What a log line says beside its message. A field that is `undefined` is left out. */
export type LogFields = Readonly<Record<string, string | number | undefined>>

/** Takes one log line. The message is a sentence without its period, for the person who runs the forwarder. */
export type Log = (level: LogLevel, message: string, fields?: LogFields) => void

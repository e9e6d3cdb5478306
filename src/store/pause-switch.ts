/** A switch in the database that stops the intake of all servers that use it. What was accepted before is still sent. */
export interface PauseSwitch {
  /** Stops the intake. Resolves with false if it was stopped already. */
  pause(): Promise<boolean>
  /** Starts the intake again. Resolves with false if it was not stopped. */
  resume(): Promise<boolean>
  /** When the intake was stopped, in milliseconds since 1970, or `undefined` if it is not stopped. */
  pausedSince(): Promise<number | undefined>
}

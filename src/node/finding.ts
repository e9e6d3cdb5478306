/** One line of a go-live report. */
export interface Finding {
  /** `undefined`: neither good nor bad, but to be known. */
  ok: boolean | undefined
  text: string
}

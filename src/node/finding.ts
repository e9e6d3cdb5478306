/** One line of a go-live report. */
export interface Finding {
  /** `undefined` for information that is neither good nor bad. */
  ok: boolean | undefined
  text: string
}

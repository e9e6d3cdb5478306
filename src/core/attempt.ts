/** Returns the result of a task, or `undefined` if it throws. */
export function attempt<Answer>(task: () => Answer, report?: (error: unknown) => void): Answer | undefined {
  try {
    return task()
  } catch (error) {
    report?.(error)
    return undefined
  }
}

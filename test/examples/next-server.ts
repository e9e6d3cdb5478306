// Plays the part of next/server that an example uses.

/** What the platform waits for after its answers. */
export const tasks: Promise<unknown>[] = []

export function after(task: Promise<unknown>): void {
  tasks.push(task)
}

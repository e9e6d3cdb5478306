/** Nobody else's. `crypto.randomUUID` is missing on http:// pages. */
export const newId = () => `${Math.random()}${Date.now()}`

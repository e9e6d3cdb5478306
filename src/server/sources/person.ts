/** Whom a shop system asks to be forgotten. */
export interface Person {
  email?: string | undefined
  phone?: string | undefined
  customerId?: string | undefined
  orderIds: readonly string[]
}

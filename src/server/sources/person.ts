/** A person whose data a shop system asks to erase. */
export interface Person {
  email?: string | undefined
  phone?: string | undefined
  customerId?: string | undefined
  orderIds: readonly string[]
}

/** What a store knows of an order that it sent, or set aside. */
export interface OrderTrace {
  /** Its event_id. */
  id: string
  /** When a page's copy and a signed source's copy arrived, in milliseconds since 1970. 0 means never, or not sent. */
  page: number
  signed: number
  /** The problems of its dead letters. */
  dead: readonly string[]
}

/** Finds orders by event_id. It reads only. */
export interface OrderTraces {
  /** Returns what is known of each of at most 1,000 orders. Unknown ones are left out. */
  find(ids: readonly string[]): Promise<readonly OrderTrace[]>
  /** Returns the event_ids of some of the orders that arrived last. */
  latest(count: number): Promise<readonly string[]>
}

/** Joins the rows of each order. An order has a row in the order memory for each TikTok event, and for its own name. */
export function createTraces() {
  const traces = new Map<string, OrderTrace>()
  const traceOf = (id: string): OrderTrace => traces.get(id) ?? { id, page: 0, signed: 0, dead: [] }

  return {
    addOrder(id: string, { page, signed }: Pick<OrderTrace, 'page' | 'signed'>): void {
      const trace = traceOf(id)
      traces.set(id, { ...trace, page: Math.max(trace.page, page), signed: Math.max(trace.signed, signed) })
    },
    addDead(id: string, problem: string): void {
      const trace = traceOf(id)
      traces.set(id, { ...trace, dead: [...trace.dead, problem] })
    },
    list: (): OrderTrace[] => [...traces.values()],
  }
}

// What the track bench does inside the page.

export type Work = 'Started Checkout' | 'Placed Order' | 'push by hand' | 'push and setItem by hand' | 'setItem'

export interface Task {
  work: Work
  items: number
  calls: number
}

declare global {
  interface Window {
    /** What one round of calls came to. */
    runTask?: (task: Task) => Round
  }
}

export interface Round {
  /** For one call. */
  microseconds: number
  /** Entries that the calls wrote to localStorage, for orders that were sent. */
  written: number
}

/** Runs in the page, where nothing outside this function is known. */
export function installTasks(pixelId: string): void {
  const one = { product_id: '1', variant_id: '11', sku: 'A', name: 'Cap', price: 19.9, quantity: 1, currency: 'EUR' }
  let count = 0

  function checkoutOf(items: number) {
    const list = Array.from({ length: items }, (_, index) => ({ ...one, variant_id: `v${index}` }))
    return { total_price: 19.9 * items, total_tax: 9.5, total_shipping: 4.9, currency: 'EUR', items: list }
  }

  function pushByHand(event: string, checkout: ReturnType<typeof checkoutOf>, event_id: string): void {
    const contents = checkout.items.map((item) => ({
      content_id: item.variant_id,
      content_type: 'product',
      content_name: item.name,
      price: item.price,
      quantity: item.quantity,
    }))
    const parameters = { contents, content_type: 'product', value: checkout.total_price, currency: checkout.currency }
    window.ttq.push(['track', event, parameters, { event_id, pixel_code: pixelId }])
  }

  const setItem = (id: string) => localStorage.setItem(`shop.sent.${id}`, String(Date.now()))

  window.runTask = ({ work, items, calls }) => {
    const checkout = checkoutOf(items)
    const order = () => ({ ...checkout, id: `order-${++count}` })
    const track = window.shopConverge?.track
    const tasks: Record<Work, () => unknown> = {
      'Started Checkout': () => track?.('Started Checkout', checkout),
      'Placed Order': () => track?.('Placed Order', order()),
      'push by hand': () => pushByHand('InitiateCheckout', checkout, `checkout-${++count}`),
      'push and setItem by hand': () => {
        const { id, ...rest } = order()
        pushByHand('Purchase', rest, id)
        setItem(id)
      },
      setItem: () => setItem(order().id),
    }
    const task = tasks[work]
    const start = performance.now()
    for (let call = 0; call < calls; call++) task()
    const microseconds = ((performance.now() - start) / calls) * 1000
    // Neither the queue nor the storage grows from round to round.
    window.ttq.length = 0
    const written = Object.keys(localStorage).filter((key) => key.includes('sent'))
    for (const key of written) localStorage.removeItem(key)
    return { microseconds, written: written.length }
  }
}

import { shownId } from '../../store/log-entry.ts'
import type { CheckedOrder } from './find-words.ts'
import { type OrderWord, orderWords, sentWords } from './order-word.ts'
import type { SentOrder } from './send-orders.ts'

/** IDs and reasons come from outside. A terminal would execute their control characters. */
const printable = (text: string): string => text.replace(/\p{Cc}+/gu, ' ')

/** An ID without personal data. */
export const printedId = (id: string): string => printable(shownId(id))

/** A line for each order: its ID, when it was placed, its status, and the reason. */
export function orderLines(orders: readonly CheckedOrder[], isAll: boolean): string[] {
  const shown = orders.filter(({ word }) => isAll || !sentWords.includes(word))
  if (!shown.length) return []
  const lines = shown.map(({ order, word, why }) =>
    [printedId(order.id), new Date(order.time).toISOString(), word, printable(why)].join('\t').trimEnd(),
  )
  return ['id\tplaced\tstatus\treason', ...lines, '']
}

/** The number of orders with each word, and of those that were not expected. */
export function totalLines(orders: readonly CheckedOrder[], leftOut: ReadonlyMap<string, number>): string[] {
  const counts = countWords(orders)
  const width = Math.max(...Object.keys(orderWords).map(({ length }) => length))
  const lines = [...counts].map(
    ([word, count]) => `${word.padEnd(width)}  ${String(count).padStart(7)}  ${orderWords[word]}`,
  )
  const reasons = [...leftOut].map(([reason, count]) => `${count} ${reason}`).join(', ')
  return [...lines, ...(reasons ? [`Not expected here: ${reasons}.`] : []), `${orders.length} orders checked.`]
}

function countWords(orders: readonly CheckedOrder[]): Map<OrderWord, number> {
  const counts = new Map<OrderWord, number>()
  let word: OrderWord
  for (word in orderWords) {
    const count = orders.filter((one) => one.word === word).length
    if (count) counts.set(word, count)
  }
  return counts
}

/** What was sent, and the reason for each order that was not. */
export function sentLines(results: readonly SentOrder[]): string[] {
  const notSent = results.filter((one) => one.notSent !== undefined)
  const lines = notSent.map(({ order, notSent = '' }) => `${printedId(order.id)}\tnot sent\t${printable(notSent)}`)
  const count = results.length - notSent.length
  return [
    ...lines,
    `${count} orders added to the database${count ? '. A running server sends them within seconds' : ''}, ${notSent.length} not sent.`,
  ]
}

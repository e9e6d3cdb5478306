// Tables for a terminal and for the README.

import type { Report, Row, Unit } from './report.ts'

const columns = ['', 'measured', 'spread', 'compared', ''] as const

/** A table as aligned text. */
export function toText({ title, about, rows }: Report): string {
  const cells = rows.map((row) => [
    row.name,
    format(row.value, row.unit),
    spreadText(row),
    ratiosText(row),
    alsoText(row),
  ])
  const widths = columns.map((column, index) =>
    Math.max(column.length, ...cells.map((cell) => (cell[index] ?? '').length)),
  )
  const line = (cell: readonly string[]) => cell.map((text, index) => text.padEnd(widths[index] ?? 0)).join('  ')
  const lines = [line(columns), ...cells.map(line)].map((text) => `  ${text}`.trimEnd())
  return `${title}\n${about.map((sentence) => `  ${sentence}\n`).join('')}\n${lines.join('\n')}\n`
}

/** A table in Markdown, with what was measured above it. */
export function toMarkdown({ title, about, rows }: Report): string {
  const body = rows.map((row) => {
    const compared = [ratiosText(row), alsoText(row)].filter(Boolean).join('; ')
    return `| ${row.name} | ${format(row.value, row.unit)} | ${compared} |`
  })
  return `**${title}.** ${about.join(' ')}\n\n| | measured | compared |\n|---|---|---|\n${body.join('\n')}\n`
}

const digits = (value: number): number => (value >= 100 ? 0 : value >= 10 ? 1 : 2)

export function format(value: number, unit: Unit): string {
  const isWhole = unit === 'B' || unit === 'events/s'
  const number = value.toLocaleString('en-US', {
    maximumFractionDigits: isWhole ? 0 : digits(value),
    minimumFractionDigits: isWhole ? 0 : digits(value),
  })
  return `${number} ${unit}`
}

const spreadText = ({ spread, unit }: Row): string =>
  spread ? spread.map((value) => format(value, unit).replace(` ${unit}`, '')).join(' to ') : ''

const ratiosText = ({ ratios = {} }: Row): string =>
  Object.entries(ratios)
    .map(([floor, ratio]) => `${ratio.toFixed(ratio >= 10 ? 0 : 2)} × ${floor}`)
    .join(', ')

const alsoText = ({ also = {} }: Row): string =>
  Object.entries(also)
    .map(([name, text]) => `${name} ${text}`)
    .join(', ')

import { html } from 'htm/preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import uPlot from 'uplot'
import { formatDay, formatHour, formatNumber } from './format.ts'
import { edgesOf, type Stack } from './stack.ts'

const HEIGHT = 190 // CSS pixels

interface Props {
  title: string
  /** Each bar is an hour or a day. */
  unit: 'hour' | 'day'
  stack: Stack
}

/** Stacked bars with a legend, and the same numbers as a table. */
export function Plot({ title, unit, stack }: Props) {
  const place = useRef<HTMLDivElement>(null)
  const [pointed, setPointed] = useState<number>()
  const scheme = useColorScheme()
  const text = JSON.stringify(stack)

  // The plot is drawn again only if its numbers, its colors or its width have changed.
  useEffect(() => {
    const target = place.current
    if (!target) return
    const plot = new uPlot(optionsOf(target, unit, stack, setPointed), columnsOf(stack), target)
    const observer = new ResizeObserver(() => plot.setSize({ width: target.clientWidth, height: HEIGHT }))
    observer.observe(target)
    return () => {
      observer.disconnect()
      plot.destroy()
    }
  }, [text, scheme, unit])

  const name = unit === 'hour' ? formatHour : formatDay
  const at = pointed === undefined ? undefined : stack.starts[pointed]
  return html`<figure class="plot">
    <figcaption>
      <h3>${title}</h3>
      <p class="readout" aria-hidden="true">${at === undefined ? ' ' : readoutOf(name(at), stack, pointed ?? 0)}</p>
    </figcaption>
    <div ref=${place} role="img" aria-label=${summaryOf(title, unit, stack)}></div>
    <ul class="legend">
      ${stack.series.map(
        ({ name, color, total }) =>
          html`<li><i style=${{ background: `var(--${color})` }}></i>${name} <b>${formatNumber(total)}</b></li>`,
      )}
    </ul>
    <details>
      <summary>Show as a table<span class="unseen">: ${title}</span></summary>
      <${Table} title=${title} unit=${unit} stack=${stack} name=${name} />
    </details>
  </figure>`
}

function Table({ title, unit, stack, name }: Props & { name: (at: number) => string }) {
  return html`<div class="table" tabindex="0" role="group" aria-label=${title}>
    <table>
      <thead>
        <tr>
          <th scope="col">${unit === 'hour' ? 'Hour from' : 'Day (UTC)'}</th>
          ${stack.series.map(({ name }) => html`<th scope="col" class="number">${name}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${stack.starts
          .map(
            (start, index) => html`<tr key=${start}>
              <th scope="row">${name(start)}</th>
              ${stack.series.map(({ counts }) => html`<td class="number">${formatNumber(counts[index] ?? 0)}</td>`)}
            </tr>`,
          )
          .reverse()}
      </tbody>
    </table>
  </div>`
}

const summaryOf = (title: string, unit: string, { series }: Stack): string =>
  series.length
    ? `${title}, stacked bars for each ${unit}. ${series.map(({ name, total }) => `${name}: ${formatNumber(total)}`).join(', ')}.`
    : `${title}: no events.`

function readoutOf(name: string, { series }: Stack, index: number): string {
  const counts = series.filter(({ counts }) => counts[index]).map(({ name, counts }) => `${name} ${counts[index]}`)
  return `${name}: ${counts.join(', ') || 'no events'}`
}

/** The tallest series first: each next one covers the lower part of the bars. */
const columnsOf = (stack: Stack): uPlot.AlignedData => [
  stack.starts.map((start) => start / 1000),
  ...edgesOf(stack).reverse(),
]

function optionsOf(
  target: HTMLElement,
  unit: Props['unit'],
  stack: Stack,
  onPoint: (index: number | undefined) => void,
): uPlot.Options {
  const style = getComputedStyle(target)
  const color = (name: string) => style.getPropertyValue(`--${name}`).trim()
  const paths = uPlot.paths.bars?.({ size: [0.72, 40] })
  const axis = { stroke: color('soft'), font: `11px ${style.fontFamily}`, ticks: { show: false } }
  const step = unit === 'hour' ? 3600 : 86_400
  return {
    width: target.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    padding: [8, 4, 0, 0],
    cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
    scales: {
      x: { time: true, range: (_, from, to) => [from - step / 2, to + step / 2] },
      y: { range: (_, __, to) => [0, Math.max(4, to * 1.05)] },
    },
    axes: [
      { ...axis, grid: { show: false }, values: (_, splits) => splits.map((at) => labelOf(at * 1000, unit)), size: 26 },
      { ...axis, grid: { stroke: color('line'), width: 1 }, values: (_, splits) => splits.map(shortNumber), size: 44 },
    ],
    series: [
      {},
      ...[...stack.series].reverse().map((series) => ({
        ...(paths && { paths }),
        label: series.name,
        fill: color(series.color),
        stroke: color(series.color),
        width: 0,
        points: { show: false },
      })),
    ],
    ...(unit === 'day' && { tzDate: (at: number) => uPlot.tzDate(new Date(at * 1000), 'Etc/UTC') }),
    hooks: { setCursor: [({ cursor }) => onPoint(cursor.idx ?? undefined)] },
  }
}

const dayAndMonth = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short', timeZone: 'UTC' })

const labelOf = (at: number, unit: Props['unit']): string => (unit === 'hour' ? formatHour(at) : dayAndMonth.format(at))

const compact = new Intl.NumberFormat('en', { notation: 'compact' })
/** An axis has no mark at half an event. */
const shortNumber = (value: number): string => (Number.isInteger(value) ? compact.format(value) : '')

function useColorScheme(): string {
  const query = '(prefers-color-scheme: dark)'
  const [isDark, setDark] = useState(() => matchMedia(query).matches)
  // useEffect would run a moment after the plot is shown, and miss a change until then.
  useLayoutEffect(() => {
    const list = matchMedia(query)
    const look = () => setDark(list.matches)
    list.addEventListener('change', look)
    return () => list.removeEventListener('change', look)
  }, [])
  return isDark ? 'dark' : 'light'
}

import { parseSync, Visitor } from 'vite'
import type { Source } from './import-rules.ts'

/** The limit for the lines of a function, without nested functions. */
const MAX_LINES = 60

interface Span {
  start: number
  end: number
}

/** The functions that are too long, each as `path:line has 61 lines of its own`. Lines of nested functions are not counted. */
export function tooLongFunctions({ path, text }: Source): string[] {
  const { program, errors } = parseSync(path, text)
  if (errors.length) throw new Error(`${path} could not be parsed: ${errors[0]?.message}`)
  const functions: Span[] = []
  const add = ({ start, end }: Span) => void functions.push({ start, end })
  new Visitor({ FunctionDeclaration: add, FunctionExpression: add, ArrowFunctionExpression: add }).visit(program)
  return functions.flatMap((outer) => {
    const count = ownLines(text, outer, functions)
    const line = text.slice(0, outer.start).split('\n').length
    return count > MAX_LINES ? [`${path}:${line} has ${count} lines of its own`] : []
  })
}

/** Counts the lines of a function that are not inside nested functions. */
function ownLines(text: string, outer: Span, functions: readonly Span[]): number {
  const own = text.slice(outer.start, outer.end).split('')
  for (const { start, end } of functions) {
    if (start <= outer.start || end > outer.end) continue
    for (let at = start; at < end; at++) if (text[at] !== '\n') own[at - outer.start] = ' '
  }
  return own
    .join('')
    .split('\n')
    .filter((line) => line.trim()).length
}

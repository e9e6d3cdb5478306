// Formats values as readable JavaScript.

const WIDTH = 38

/** `callee('name', { … })` */
export function callCode(callee, parameters) {
  let code = `${callee}(`
  for (const [index, parameter] of parameters.entries()) {
    if (index) code += ', '
    code += valueCode(parameter, code.length - code.lastIndexOf('\n') - 1)
  }
  return `${code})`
}

/** On one line if that fits after `column`, otherwise one line for each entry. */
export function valueCode(value, column = 0, indent = '') {
  const line = oneLine(value)
  if (!isObject(value) || column + line.length <= WIDTH) return line
  if (Array.isArray(value) && value.every(isObject))
    return `[${value.map((each) => valueCode(each, column, indent)).join(', ')}]`
  const inner = `${indent}  `
  const lines = entriesOf(value).map(
    ([key, each]) => `${inner}${key}${valueCode(each, inner.length + key.length, inner)},\n`,
  )
  const [open, close] = brackets(value)
  return `${open}\n${lines.join('')}${indent}${close}`
}

function oneLine(value) {
  if (typeof value === 'string')
    return `'${JSON.stringify(value).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
  if (!isObject(value)) return String(value)
  const entries = entriesOf(value).map(([key, each]) => key + oneLine(each))
  const [open, close] = brackets(value)
  if (!entries.length) return open + close
  return Array.isArray(value) ? `[${entries.join(', ')}]` : `{ ${entries.join(', ')} }`
}

const isObject = (value) => typeof value === 'object' && value !== null
const brackets = (value) => (Array.isArray(value) ? '[]' : '{}')
const entriesOf = (value) =>
  Object.entries(value)
    .filter(([, each]) => each !== undefined)
    .map(([key, each]) => [Array.isArray(value) ? '' : `${key}: `, each])

const tokens = /(?<string>'(?:\\.|[^'\\])*')|(?<key>[\w$]+(?=:))|(?<literal>-?\b\d[\d.]*\b|\b(?:true|false|null)\b)/g

/** Puts code into an element, colored. */
export function showCode(element, code) {
  element.replaceChildren()
  let end = 0
  for (const match of code.matchAll(tokens)) {
    const [[kind, text]] = Object.entries(match.groups).filter(([, found]) => found)
    const token = document.createElement('span')
    token.className = kind
    token.textContent = text
    element.append(code.slice(end, match.index), token)
    end = match.index + text.length
  }
  element.append(code.slice(end))
}

/** Text that is already HTML. */
export interface Html {
  readonly html: string
}

type Part = Html | string | number | false | undefined | readonly Part[]

/** Markup as a template. Values are escaped, unless they are markup. */
export function html(texts: TemplateStringsArray, ...parts: Part[]): Html {
  return { html: texts.map((text, index) => text + toText(parts[index])).join('') }
}

/** JSON that is safe inside a script element. */
export function json(value: unknown): Html {
  return { html: JSON.stringify(value, null, 2).replaceAll('<', '\\u003c') }
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

function toText(part: Part): string {
  if (part === undefined || part === false) return ''
  if (typeof part === 'number') return String(part)
  if (typeof part === 'string') return part.replace(/[&<>"']/g, (sign) => entities[sign] ?? sign)
  return 'html' in part ? part.html : part.map(toText).join('')
}

// Changes that old libraries and careless pages make to built-in objects, as in their code.

interface Replaced {
  holder: object
  name: string
  value: unknown
}

/** Prototype 1.6.1. Where it differs from ES5, later events would be lost or changed. */
const prototype16: Replaced[] = [
  { holder: Array.prototype, name: 'reduce', value: reduce },
  { holder: Array.prototype, name: 'toJSON', value: toJSON },
  { holder: Object, name: 'keys', value: keys },
  { holder: Array, name: 'from', value: (list: ArrayLike<unknown>) => Array.prototype.slice.call(list) },
]

/** A page whose own functions have the names of built-in classes. */
const shadowed: Replaced[] = ['Map', 'Set', 'WeakSet'].map((name) => ({
  holder: globalThis,
  name,
  value: function Shadow() {},
}))

/** A toJSON of another library, for every object. */
const objectToJSON: Replaced[] = [{ holder: Object.prototype, name: 'toJSON', value: toJSON }]

function reduce(this: unknown[]): unknown {
  return this.length > 1 ? this : this[0]
}

function toJSON(this: unknown): string {
  return `[${String(this)}]`
}

function keys(object: object): string[] {
  const names: string[] = []
  for (const name in object) names.push(name)
  return names
}

export const pages = { 'Prototype 1.6': prototype16, 'a page that replaces Map and Set': shadowed, objectToJSON }

/** Runs a task on one of these pages. */
export function onPage<Answer>(page: keyof typeof pages, task: () => Answer): Answer {
  const former = pages[page].map(({ holder, name, value }) => {
    const descriptor = Object.getOwnPropertyDescriptor(holder, name)
    Object.defineProperty(holder, name, { value, configurable: true, writable: true, enumerable: true })
    return () => {
      if (descriptor) Object.defineProperty(holder, name, descriptor)
      else Reflect.deleteProperty(holder, name)
    }
  })
  try {
    return task()
  } finally {
    for (const restore of former) restore()
  }
}

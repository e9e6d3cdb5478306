export interface Device {
  /** The shop's localStorage, by key. */
  readonly stored: Map<string, string>
  readonly storage: Storage
  /** The content of `document.cookie`. */
  cookie: string
  /** Every access of a page, in order: `read key`, `write key`, `remove key`, `list`, `cookie`, `cookie name=value;…`. */
  readonly touches: string[]
  /** `blocked`: every access throws, as in a sandbox. `full`: writes throw. */
  fault: 'none' | 'blocked' | 'full'
}

/** The storage and cookies that the pages of one shop share. It uses vitest's current clock. */
export function createDevice(): Device {
  const stored = new Map<string, string>()
  const jar = new Map<string, { value: string; until: number }>()
  const touches: string[] = []

  function touch(what: string): void {
    touches.push(what)
    if (device.fault === 'blocked') throw new DOMException('The operation is insecure.', 'SecurityError')
  }

  const methods: Storage = {
    getItem(key) {
      touch(`read ${key}`)
      return stored.get(key) ?? null
    },
    setItem(key, value) {
      touch(`write ${key}`)
      if (device.fault === 'full') throw new DOMException('The quota has been exceeded.', 'QuotaExceededError')
      stored.set(key, String(value))
    },
    removeItem(key) {
      touch(`remove ${key}`)
      stored.delete(key)
    },
    clear() {
      touch('clear')
      stored.clear()
    },
    key(index) {
      touch('list')
      return [...stored.keys()][index] ?? null
    },
    get length() {
      touch('list')
      return stored.size
    },
  }

  const device: Device = {
    stored,
    touches,
    fault: 'none',
    storage: new Proxy(methods, {
      ownKeys() {
        touch('list')
        return [...stored.keys()]
      },
      getOwnPropertyDescriptor: (_, key) => ({
        value: stored.get(String(key)),
        enumerable: true,
        configurable: true,
      }),
      get: (target, key) => (key in target ? Reflect.get(target, key) : stored.get(String(key))),
    }),
    get cookie() {
      touch('cookie')
      return [...jar]
        .filter(([, { until }]) => until > Date.now())
        .map(([name, { value }]) => `${name}=${value}`)
        .join('; ')
    },
    set cookie(text) {
      touch(`cookie ${text}`)
      const [, name = '', value = ''] = /^([^=]*)=([^;]*)/.exec(text) ?? []
      const seconds = Number(/;\s*max-age=(\d+)/i.exec(text)?.[1] ?? Number.POSITIVE_INFINITY)
      jar.set(name, { value, until: Date.now() + seconds * 1000 })
    },
  }
  return device
}

import { type Answer, refuse } from './respond.ts'

/** What there is, and the methods that each takes. */
const routes = {
  events: ['POST', 'OPTIONS'],
  webhook: ['POST'],
  'converge.js': ['GET', 'HEAD'],
  'consent.js': ['GET', 'HEAD'],
  'inspector.js': ['GET', 'HEAD'],
  health: ['GET', 'HEAD'],
} as const satisfies Record<string, readonly string[]>

export type Route = keyof typeof routes

const isRoute = (name: string): name is Route => Object.hasOwn(routes, name)

/** What an address names: a route, and the source behind `webhook/`. */
export interface Address {
  route: string
  source?: string
}

/** The route of a request, or the answer that there is none. */
export function routeOf({ route }: Address, method: string): Route | Answer {
  if (!isRoute(route))
    return refuse(404, `There is nothing at this address. There is: ${Object.keys(routes).join(', ')}.`)
  const methods: readonly string[] = routes[route]
  if (methods.includes(method)) return route
  return refuse(405, `This takes ${methods.join(' or ')} alone.`, [], { allow: methods.join(', ') })
}

/**
 * Reads the end of a URL's path, so that a forwarder can be mounted anywhere. What follows the last `webhook` belongs to it:
 * `webhook/events` is the source `events`, which cannot be, and not the route of pages.
 */
export function readAddress(url: string): Address {
  const [path = ''] = url.split(/[?#]/, 1)
  const parts = path.slice(path.indexOf('/', path.indexOf('//') + 2) + 1).split('/')
  const [first, ...rest] = parts.slice(parts.lastIndexOf('webhook'))
  if (first === 'webhook') return rest.length ? { route: 'webhook', source: rest.join('/') } : { route: 'webhook' }
  return { route: parts.at(-1) ?? '' }
}

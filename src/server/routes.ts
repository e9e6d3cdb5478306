import { type Answer, refuse } from './respond.ts'

/** All routes, with their methods. */
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

/** The end of a URL's path: a route, and the source after `webhook/`. */
export interface Address {
  route: string
  source?: string
}

/** Returns the route of a request, or a 404 or 405 answer. */
export function routeOf({ route }: Address, method: string): Route | Answer {
  if (!isRoute(route)) return refuse(404, `This URL has no route. The routes are: ${Object.keys(routes).join(', ')}.`)
  const methods: readonly string[] = routes[route]
  if (methods.includes(method)) return route
  return refuse(405, `This route only accepts ${methods.join(' or ')}.`, [], { allow: methods.join(', ') })
}

/**
 * Reads the end of a URL's path, so that a forwarder can be mounted anywhere. Everything after the last `webhook` is a source
 * name: `webhook/events` is the source `events`, which is a reserved name, and not the route for pages.
 */
export function readAddress(url: string): Address {
  const [path = ''] = url.split(/[?#]/, 1)
  const last = path.slice(path.lastIndexOf('/') + 1)
  if (last !== 'webhook' && !path.includes('/webhook/')) return { route: last } // the fast path
  const parts = path.slice(path.indexOf('/', path.indexOf('//') + 2) + 1).split('/')
  const [first, ...rest] = parts.slice(parts.lastIndexOf('webhook'))
  if (first === 'webhook') return rest.length ? { route: 'webhook', source: rest.join('/') } : { route: 'webhook' }
  return { route: parts.at(-1) ?? '' }
}

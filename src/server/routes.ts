import type { RequestContext } from './request-context.ts'
import { type Answer, refuse } from './respond.ts'

/** All routes, with their methods. */
const routes = {
  events: ['POST', 'OPTIONS'],
  webhook: ['POST'],
  'converge.js': ['GET', 'HEAD'],
  'consent.js': ['GET', 'HEAD'],
  'inspector.js': ['GET', 'HEAD'],
  health: ['GET', 'HEAD'],
  admin: ['GET', 'HEAD', 'POST'],
  metrics: ['GET', 'HEAD'],
} as const satisfies Record<string, readonly string[]>

export type Route = keyof typeof routes

const isRoute = (name: string): name is Route => Object.hasOwn(routes, name)

/** The end of a URL's path: a route, and what follows `webhook/` or `admin/`. */
export interface Address {
  route: string
  /** The source after `webhook/`. */
  source?: string
  /** The path after `admin/`. */
  rest?: string
}

/** Returns the route of a request, or a 404 or 405 answer. */
export function routeOf({ route }: Address, method: string, only?: RequestContext['routes']): Route | Answer {
  if (only && (only === 'admin') !== (route === 'admin'))
    return refuse(404, 'This port does not have this route. The operator’s page has a port of its own.')
  if (!isRoute(route)) return refuse(404, `This URL has no route. The routes are: ${Object.keys(routes).join(', ')}.`)
  const methods: readonly string[] = routes[route]
  if (methods.includes(method)) return route
  return refuse(405, `This route only accepts ${methods.join(' or ')}.`, [], { allow: methods.join(', ') })
}

/**
 * Reads the end of a URL's path, so that a forwarder can be mounted anywhere. Everything after the last `webhook` is a source
 * name: `webhook/events` is the source `events`, which is a reserved name, and not the route for pages. In the same way, everything
 * after the last `admin` belongs to the operator's page.
 */
export function readAddress(url: string): Address {
  const [path = ''] = url.split(/[?#]/, 1)
  const last = path.slice(path.lastIndexOf('/') + 1)
  if (!owners.some((owner) => last === owner || path.includes(`/${owner}/`))) return { route: last } // the fast path
  const parts = path.slice(path.indexOf('/', path.indexOf('//') + 2) + 1).split('/')
  const at = Math.max(...owners.map((owner) => parts.lastIndexOf(owner)))
  const [route = '', ...rest] = parts.slice(at)
  if (at < 0) return { route: parts.at(-1) ?? '' }
  if (route === 'admin') return { route, rest: rest.join('/') }
  return rest.length ? { route, source: rest.join('/') } : { route }
}

/** Routes that own the rest of the path. */
const owners = ['webhook', 'admin']

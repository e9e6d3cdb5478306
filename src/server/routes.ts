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

/** The route of a request, or the answer that there is none. */
export function routeOf(name: string, method: string): Route | Answer {
  if (!isRoute(name))
    return refuse(404, `There is nothing at this address. There is: ${Object.keys(routes).join(', ')}.`)
  const methods: readonly string[] = routes[name]
  if (methods.includes(method)) return name
  return refuse(405, `This takes ${methods.join(' or ')} alone.`, [], { allow: methods.join(', ') })
}

/** The last part of a URL's path, so that a forwarder can be mounted anywhere. */
export function lastPart(url: string): string {
  const [path = ''] = url.split(/[?#]/, 1)
  return path.slice(path.lastIndexOf('/') + 1)
}

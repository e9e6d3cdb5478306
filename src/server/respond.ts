import type { Problem } from './parse.ts'

type HeaderList = Record<string, string>

export function respond(status: number, body: object, headers: HeaderList = {}): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...headers,
    },
  })
}

const MAX_PROBLEMS = 100

/** A "no": a sentence, and what is wrong with which part. */
export function refuse(status: number, error: string, problems: readonly Problem[] = [], headers: HeaderList = {}) {
  return respond(status, { error, problems: problems.slice(0, MAX_PROBLEMS) }, headers)
}

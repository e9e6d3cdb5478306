import type { Problem } from './parse.ts'

type HeaderList = Record<string, string>

/** What a request is answered, before it is a `Response`. */
export interface Answer {
  status: number
  text: string | null
  headers: HeaderList
  /** Of a "no": what the log says of it. It never repeats what came. */
  problem?: Problem | undefined
}

export function respond(status: number, body: object, headers: HeaderList = {}): Answer {
  return {
    status,
    text: JSON.stringify(body),
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...headers,
    },
  }
}

const MAX_PROBLEMS = 100

/** The first 100 problems, and how many more there are, if any. */
export function shortened(problems: readonly Problem[]): { problems: readonly Problem[]; more_problems?: number } {
  const more = problems.length - MAX_PROBLEMS
  return more > 0 ? { problems: problems.slice(0, MAX_PROBLEMS), more_problems: more } : { problems }
}

/** A "no": a sentence, and what is wrong with which part. */
export function refuse(
  status: number,
  error: string,
  problems: readonly Problem[] = [],
  headers: HeaderList = {},
): Answer {
  return { ...respond(status, { error, ...shortened(problems) }, headers), problem: problems[0] }
}

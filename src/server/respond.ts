import type { Statuses } from './intake.ts'
import type { Problem } from './parse.ts'

type HeaderList = Record<string, string>

/** The outcomes of a request's events, for the sender and for the counters of health. */
export interface Tally {
  accepted: number
  /** For a server's request: its events by status. */
  statuses?: Statuses
}

/** The answer to a request, before it becomes a `Response`. */
export interface Answer {
  status: number
  text: string | null
  /** The body, instead of `text`. */
  stream?: ReadableStream<Uint8Array>
  headers: HeaderList
  /** Missing if the request's events were not read. */
  tally?: Tally
  /** The values of its `Set-Cookie` headers. */
  cookies?: readonly string[]
  /** For a refusal: the problem to log. It never repeats the request's values. */
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

/** The answer to a request whose events are stored, or are not sent for a reason. */
export function report(tally: Tally, more: object): Answer {
  const answer = respond(202, { ...tally, ...more })
  answer.tally = tally
  return answer
}

const MAX_PROBLEMS = 100

/** The first 100 problems, and how many more there are, if any. */
export function shortened(problems: readonly Problem[]): { problems: readonly Problem[]; more_problems?: number } {
  const more = problems.length - MAX_PROBLEMS
  return more > 0 ? { problems: problems.slice(0, MAX_PROBLEMS), more_problems: more } : { problems }
}

/** A refusal: a sentence, and the faults of the request by path. */
export function refuse(
  status: number,
  error: string,
  problems: readonly Problem[] = [],
  headers: HeaderList = {},
): Answer {
  return { ...respond(status, { error, ...shortened(problems) }, headers), problem: problems[0] }
}

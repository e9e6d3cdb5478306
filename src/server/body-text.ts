import { readBody } from './read-body.ts'
import type { RequestContext } from './request-context.ts'
import { type Answer, refuse } from './respond.ts'

/** A page posts up to 20 events at a time. Stored events have up to 10,000 characters each, of up to 3 bytes. */
const MAX_BODY = 1024 * 1024

/** Returns the text of a request's body, or the answer that refuses it. */
export function bodyText(request: Request, context: RequestContext): Promise<string | Answer> | Answer {
  const { headers } = request
  const type = headers.get('content-type') ?? 'application/json'
  if (!/^(application\/json|text\/plain)\b/i.test(type))
    return refuse(415, 'The body must be JSON, sent as application/json or text/plain.')
  if (!/^(identity)?$/.test(headers.get('content-encoding') ?? ''))
    return refuse(415, 'The body must not be compressed.')
  return read(request, context, MAX_BODY)
}

/** An order of 500 lines, each with its taxes, discounts and properties, in both currencies. */
const MAX_SHOP_BODY = 4 * 1024 * 1024

/** Returns the text of a shop system's webhook as it was signed, whatever its content type. */
export function rawText(request: Request, context: RequestContext): Promise<string | Answer> | Answer {
  if (!/^(identity)?$/.test(request.headers.get('content-encoding') ?? ''))
    return refuse(415, 'The body must not be compressed.')
  return read(request, context, MAX_SHOP_BODY)
}

async function read(request: Request, context: RequestContext, limit: number): Promise<string | Answer> {
  try {
    return await (context.readBody?.(limit) ?? readBody(request, limit))
  } catch {
    return refuse(400, 'The body is incomplete.')
  }
}

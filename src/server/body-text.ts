import { readBody } from './read-body.ts'
import { type Answer, refuse } from './respond.ts'

/** A page hands over 20 events at a time, of 10,000 characters each where former pages kept them, each of up to 3 bytes. */
const MAX_BODY = 1024 * 1024

/** The text of a request's body, or the answer that says what is wrong with it. */
export async function bodyText(request: Request): Promise<string | Answer> {
  const { headers } = request
  const type = headers.get('content-type') ?? 'application/json'
  if (!/^(application\/json|text\/plain)\b/i.test(type))
    return refuse(415, 'The body must be JSON, sent as application/json or text/plain.')
  if (!/^(identity)?$/.test(headers.get('content-encoding') ?? ''))
    return refuse(415, 'The body must not be compressed.')
  try {
    const text = await readBody(request, MAX_BODY)
    return text ?? refuse(413, `The body is larger than ${MAX_BODY} bytes. Send fewer events at a time.`)
  } catch {
    return refuse(400, 'The body broke off.')
  }
}

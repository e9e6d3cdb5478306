import { createBodyBuffer, tooLarge } from './body-buffer.ts'
import type { Answer } from './respond.ts'

/** The text of a request's body, or the answer that refuses it, as soon as it is larger than the limit, in bytes. */
export async function readBody(request: Request, limit: number): Promise<string | Answer> {
  const declared = Number(request.headers.get('content-length') ?? Number.NaN)
  if (declared > limit) return tooLarge(limit)
  // A server reads no more than was declared, and this is the fast way.
  if (declared >= 0) {
    const text = await request.text()
    return text.length > limit ? tooLarge(limit) : text
  }
  return readStream(request.body, limit)
}

/** The text of a stream, or the answer that refuses it. */
export async function readStream(stream: ReadableStream<Uint8Array> | null, limit: number): Promise<string | Answer> {
  if (!stream) return ''
  const buffer = createBodyBuffer(limit)
  const reader = stream.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return buffer.text()
    const refusal = buffer.add(value)
    if (refusal) {
      await reader.cancel().catch(() => {})
      return refusal
    }
  }
}

/** The text of a foreign server's answer. One that is larger than the limit, in bytes, is none. */
export async function readResponse({ body }: Response, limit: number): Promise<string> {
  const text = await readStream(body, limit)
  return typeof text === 'string' ? text : ''
}

import { createBodyBuffer, tooLarge } from './body-buffer.ts'
import type { Answer } from './respond.ts'

/** Reads a request's body. Returns the answer that refuses it as soon as it exceeds the limit, in bytes. */
export async function readBody(request: Request, limit: number): Promise<string | Answer> {
  const declared = Number(request.headers.get('content-length') ?? Number.NaN)
  if (declared > limit) return tooLarge(limit)
  // The fast path. HTTP servers read no more bytes than the content-length.
  if (declared >= 0) {
    const text = await request.text()
    return text.length > limit ? tooLarge(limit) : text
  }
  return readStream(request.body, limit)
}

/** Reads a stream to its end. Returns the answer that refuses it if it exceeds the limit, in bytes. */
async function readStream(stream: ReadableStream<Uint8Array> | null, limit: number): Promise<string | Answer> {
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

/** Reads another server's response. Returns an empty text if it exceeds the limit, in bytes. */
export async function readResponse({ body }: Response, limit: number): Promise<string> {
  const text = await readStream(body, limit)
  return typeof text === 'string' ? text : ''
}

// The forwarder inside a Next.js app: /api/converge/converge.js, /api/converge/events, /api/converge/webhook.
import { after } from 'next/server'
import { getForwarder } from '../../../converge-forwarder'

function answer(request: Request): Promise<Response> {
  return getForwarder().fetch(request, {
    // Vercel sets x-real-ip itself. Elsewhere, use a header that your own proxy sets, and that visitors cannot set.
    ip: request.headers.get('x-real-ip') ?? undefined,
    // Events are sent after the answer.
    waitUntil: after,
  })
}

export { answer as GET, answer as OPTIONS, answer as POST }

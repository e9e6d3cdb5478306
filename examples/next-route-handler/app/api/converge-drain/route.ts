// Sends events that could not be sent after their request, because TikTok or the database was down. Call it every minute.
// Vercel's Cron sends the secret CRON_SECRET by itself.
import { getForwarder } from '../../converge-forwarder'

/** Seconds that the platform lets this function run. */
export const maxDuration = 60

export async function GET(request: Request): Promise<Response> {
  const { CRON_SECRET: secret } = process.env
  if (!secret || request.headers.get('authorization') !== `Bearer ${secret}`) return new Response(null, { status: 401 })
  return Response.json(await getForwarder().drain({ seconds: 40 }))
}

import { readFileSync } from 'node:fs'
import { serve } from 'converge-tiktok/node'

const config = JSON.parse(readFileSync(new URL('converge.json', import.meta.url), 'utf8'))

const server = await serve({
  ...config,
  accessToken: process.env.TIKTOK_ACCESS_TOKEN,
  webhookToken: process.env.CONVERGE_WEBHOOK_TOKEN,
  adminToken: process.env.CONVERGE_ADMIN_TOKEN,
  port: Number(process.env.PORT ?? 8080),
  database: process.env.DATABASE ?? 'converge.db',
})
console.log(`Listening on ${server.url}`)

for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => server.close())

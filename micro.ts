import puppeteer from 'puppeteer-core'
import { chromiumBinary } from './test/browser/chromium.ts'
const b = await puppeteer.launch({ ...(await chromiumBinary()), dumpio: true, args: ['--no-sandbox', '--disable-gpu'] })
b.process()!.on('exit', (c, s) => console.log('EXIT', c, s))
const n = Number(process.argv[2])
await Promise.all(Array.from({ length: n }, async (_, k) => {
  const c = await puppeteer.connect({ browserWSEndpoint: b.wsEndpoint(), ...(process.argv[3] ? { targetFilter: () => true } : {}) })
  for (let i = 0; i < 20; i++) { const x = await c.createBrowserContext(); const p = await x.newPage(); await p.goto('data:text/html,hi'); await x.close() }
  await c.disconnect()
  console.log('done', k)
})).catch((e) => console.log(e))
await b.close()

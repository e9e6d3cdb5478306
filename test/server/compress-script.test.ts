import { get, type IncomingMessage } from 'node:http'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { playTikTok, startServer } from './node-server.ts'

interface Answer {
  status: number | undefined
  headers: IncomingMessage['headers']
  body: Buffer
}

/** Node's own client, since `fetch` decompresses by itself. */
function request(url: string, headers: Record<string, string>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    get(url, { headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk) => chunks.push(chunk))
      response.on('end', () =>
        resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) }),
      )
    }).on('error', reject)
  })
}

const start = async (): Promise<string> => (await startServer(await playTikTok())).url

test.each([
  ['br', 'br', brotliDecompressSync],
  ['gzip, deflate, br, zstd', 'br', brotliDecompressSync],
  ['gzip, deflate', 'gzip', gunzipSync],
  ['GZIP;q=0.5', 'gzip', gunzipSync],
  ['br;q=0, gzip', 'gzip', gunzipSync],
])('a script is compressed for Accept-Encoding %s', async (accepted, encoding, decompress) => {
  const url = await start()
  const plain = await request(`${url}/converge.js`, {})
  const compressed = await request(`${url}/converge.js`, { 'accept-encoding': accepted })
  expect(compressed.status).toBe(200)
  expect(compressed.headers['content-encoding']).toBe(encoding)
  expect(compressed.headers.vary).toBe('accept-encoding')
  expect(decompress(compressed.body).toString()).toBe(plain.body.toString())
})

test.each(['', 'identity', 'br;q=0', 'br;q=0.000, gzip; q=0'])(
  'a script is not compressed for Accept-Encoding "%s"',
  async (accepted) => {
    const answer = await request(`${await start()}/converge.js`, { 'accept-encoding': accepted })
    expect(answer.headers['content-encoding']).toBeUndefined()
    expect(answer.headers.vary).toBe('accept-encoding')
    expect(answer.body.toString()).toContain('window.converge')
  },
)

test('a browser with a cached compressed script gets 304', async () => {
  const url = await start()
  const headers = { 'accept-encoding': 'br' }
  const { etag = '' } = (await request(`${url}/converge.js`, headers)).headers
  expect(etag).toMatch(/^W\/"/)
  expect((await request(`${url}/converge.js`, { ...headers, 'if-none-match': etag })).status).toBe(304)
})

test('other answers are not compressed', async () => {
  const answer = await request(`${await start()}/health`, { 'accept-encoding': 'br' })
  expect(answer.headers['content-encoding']).toBeUndefined()
})

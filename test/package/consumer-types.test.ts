import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { createProject, runNode } from './consumer-project.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** Each entry is used, right and wrong: types that did not resolve would be `any`, and nothing would be wrong. */
const program = `
import { createConverge, type Converge, type TrackResult } from 'converge-tiktok'
import { start } from 'converge-tiktok/consent'
import { diagnose, inspect } from 'converge-tiktok/inspector'
import { createForwarder, type Outbox } from 'converge-tiktok/server'
import { serve, type ForwarderServer } from 'converge-tiktok/node'
import { createWorker } from 'converge-tiktok/cloudflare'

const config = { pixelId: 'CJQBODJC77UB4MRTGFRF', consent: 'require' } as const
const converge: Converge = createConverge(config)
const result: TrackResult = converge.track('Placed Order', { id: '1001', total_price: 94.8, currency: 'EUR' })
export const codes: string[] = diagnose(result).map(({ code }) => code)
export const stop: () => void = inspect(converge, config, window)
export const adapters = start
export const answer: Promise<Response> = createForwarder({
  ...config, accessToken: 'token', allowedOrigins: ['https://www.shop.example'],
}).fetch(new Request('https://converge.shop.example/health'))
export const server: Promise<ForwarderServer> = serve({
  ...config, accessToken: 'token', allowedOrigins: ['https://www.shop.example'], port: 8080, outbox: 'outbox.db',
})
export const worker = createWorker(() => ({
  ...config, accessToken: 'token', allowedOrigins: ['https://www.shop.example'],
}))
export type Events = Outbox

// @ts-expect-error an option that does not exist
createConverge({ ...config, pixelID: 'CJQBODJC77UB4MRTGFRF' })
// @ts-expect-error an order without an id
converge.track('Placed Order', { total_price: 94.8 })
// @ts-expect-error a forwarder without a token and origins
createForwarder(config)
// @ts-expect-error a server without a port
serve({ ...config, accessToken: 'token', allowedOrigins: [], outbox: 'outbox.db' })
// @ts-expect-error not a result
diagnose('result')
`

// TypeScript 4.9 has no \`bundler\` yet, and TypeScript 7 no \`node\` any more.
test.each([
  ['typescript-4.9', 'esnext', 'node'],
  ['typescript-4.9', 'node16', 'node16'],
  ['typescript-5.9', 'esnext', 'node'],
  ['typescript-5.9', 'node16', 'node16'],
  ['typescript-5.9', 'esnext', 'bundler'],
  ['typescript', 'node16', 'node16'],
  ['typescript', 'nodenext', 'nodenext'],
  ['typescript', 'esnext', 'bundler'],
])(
  '%s checks a program that uses every entry, with module %s and moduleResolution %s',
  async (version, module, moduleResolution) => {
    const { folder, write } = createProject()
    write('main.ts', program)
    const compilerOptions = {
      target: 'es2022',
      lib: ['es2022', 'dom', 'dom.iterable'],
      types: [],
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      noEmit: true,
      module,
      moduleResolution,
    }
    write('tsconfig.json', JSON.stringify({ compilerOptions, files: ['main.ts'] }))
    const tsc = join(root, 'node_modules', version, 'bin/tsc')
    expect(await runNode(folder, [tsc, '--pretty', 'false'])).toEqual({ code: 0, output: '' })
  },
)

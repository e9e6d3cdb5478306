import { brotliCompressSync } from 'node:zlib'
import { variants } from '../core/variants.ts'
import { configLine } from '../server/config-line.ts'
import { pickVariant } from '../server/pick-variant.ts'
import { scripts } from '../server/scripts.ts'
import type { Config } from '../types.ts'
import type { Finding } from './finding.ts'

/** Reports which build of the script pages get with this config, and its size. */
export function checkScript(config: Config): Finding {
  const variant = pickVariant(config)
  const size = brotliCompressSync(configLine(config) + scripts[variant]).length
  const why = variants[variant].filters ? '' : ', without filters, because this config has none'
  return { ok: true, text: `A visitor downloads ${(size / 1000).toFixed(1)} kB (brotli) of script: ${variant}${why}.` }
}

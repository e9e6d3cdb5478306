import { type ChildProcess, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import type { Config } from '../../src/types.ts'
import { accessToken, adminToken, pixelId, shop, webhookToken } from './node-requests.ts'

const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))
const secrets = {
  TIKTOK_ACCESS_TOKEN: accessToken,
  CONVERGE_WEBHOOK_TOKEN: webhookToken,
  CONVERGE_ADMIN_TOKEN: adminToken,
}

export interface Ended {
  code: number | null
  output: string
  errors: string
}

export interface Child {
  process: ChildProcess
  ended: Promise<Ended>
  /** Resolves with the match once the output matches. */
  said(shape: RegExp): Promise<RegExpExecArray>
}

/** Starts the built command line in a folder. It is killed after the test. */
export function startCli(
  words: readonly string[],
  environment: Record<string, string> = secrets,
  folder = process.cwd(),
): Child {
  const child = spawn(process.execPath, [cli, ...words], {
    cwd: folder,
    env: { PATH: process.env.PATH, ...environment },
  })
  let output = ''
  let errors = ''
  const listeners = new Set<() => void>()
  child.stdout.on('data', (text) => {
    output += text
    for (const listener of listeners) listener()
  })
  child.stderr.on('data', (text) => (errors += text))
  const ended = new Promise<Ended>((resolve) => child.once('close', (code) => resolve({ code, output, errors })))
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return {
    process: child,
    ended,
    said: (shape) =>
      new Promise((resolve, reject) => {
        const listen = () => {
          const match = shape.exec(output)
          if (!match) return
          listeners.delete(listen)
          resolve(match)
        }
        listeners.add(listen)
        listen()
        void ended.then(() => reject(new Error(`It ended without saying ${shape}: ${output}${errors}`)))
      }),
  }
}

/** Runs the command line until it ends. */
export function runCli(words: readonly string[], environment?: Record<string, string>): Promise<Ended> {
  return startCli(words, environment).ended
}

/** Writes a converge.json and returns its path. */
export function writeConfig(folder: string, more: Partial<Config> & Record<string, unknown> = {}): string {
  const path = join(folder, 'converge.json')
  writeFileSync(path, JSON.stringify({ pixelId, allowedOrigins: [shop], ...more }))
  return path
}

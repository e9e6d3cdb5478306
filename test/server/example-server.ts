import { type SpawnOptionsWithoutStdio, spawn } from 'node:child_process'
import { onTestFinished } from 'vitest'

export interface ExampleServer {
  /** The address that it prints. */
  url: string
  /** Sends SIGTERM, and resolves with the exit code. */
  stop(): Promise<number | null>
}

/** Starts examples/node-server/server.js, or a bundle of it, in its folder until the test has finished. */
export async function startExampleServer(
  folder: string,
  file: string,
  env: SpawnOptionsWithoutStdio['env'],
): Promise<ExampleServer> {
  const child = spawn(process.execPath, [file], {
    cwd: folder,
    env: { PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (text) => resolve(String(text).trim().replace('Listening on ', '')))
    child.once('exit', () => reject(new Error('It ended before it listened.')))
  })
  return {
    url,
    stop() {
      child.kill('SIGTERM')
      return ended
    },
  }
}

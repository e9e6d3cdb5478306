// One server for all tests of this project. POSTGRES_URL names another one instead, with a user who may create databases.
import type { TestProject } from 'vitest/node'
import { findBinaries, startPostgres } from './postgres-server.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The URL of a server, without a database. `undefined` if this platform has none. */
    postgres: string | undefined
  }
}

export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const { POSTGRES_URL } = process.env
  if (POSTGRES_URL) {
    project.provide('postgres', POSTGRES_URL.replace(/\/$/, ''))
    return
  }
  const binaries = await findBinaries()
  if (!binaries) {
    console.log(`The tests of PostgreSQL were left out: there is no server for ${process.platform}-${process.arch}.`)
    project.provide('postgres', undefined)
    return
  }
  const server = await startPostgres(binaries, ['fsync=off']) // only a power failure would lose data
  project.provide('postgres', server.url)
  return server.close
}

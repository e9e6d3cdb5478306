// Encrypted connections to PostgreSQL.
import { chmodSync, chownSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generate } from 'selfsigned'
import { describe, expect, onTestFinished, test } from 'vitest'
import { inspectPostgres } from '../../src/store/postgres/inspect.ts'
import { createFolder } from '../server/node-folder.ts'
import { purchase } from '../server/outbox-kit.ts'
import { hasPostgres, openStore } from './postgres-kit.ts'
import { findBinaries, startPostgres, unprivileged } from './postgres-server.ts'
import { runSql } from './run-sql.ts'

const binaries = hasPostgres ? await findBinaries() : undefined

/** A server with a certificate of its own for the host name `localhost`. */
async function startWithTls(): Promise<{ url: string; certificate: string }> {
  const folder = createFolder()
  chmodSync(folder, 0o755)
  const pems = await generate([{ name: 'commonName', value: 'localhost' }], {
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] },
    ],
  })
  const [certificate, key] = [join(folder, 'server.crt'), join(folder, 'server.key')]
  writeFileSync(certificate, pems.cert)
  writeFileSync(key, pems.private, { mode: 0o600 })
  const { uid, gid } = unprivileged()
  if (uid !== undefined && gid !== undefined) chownSync(key, uid, gid)
  const settings = ['ssl=on', `ssl_cert_file=${certificate}`, `ssl_key_file=${key}`]
  const postgres = await startPostgres(binaries ?? expect.fail(), settings)
  onTestFinished(() => postgres.close())
  return { url: `${postgres.url.replace('127.0.0.1', 'localhost')}/postgres`, certificate }
}

describe.runIf(binaries)('a connection to PostgreSQL', () => {
  test('is encrypted as sslmode says, and checks the certificate and the host name', async () => {
    const { url, certificate } = await startWithTls()
    const isEncrypted = async (parameters: string) => {
      const store = openStore(`${url}?${parameters}`)
      expect(await store.add([purchase(parameters)], { mergeOrders: 0 })).toEqual(['kept'])
      const rows = await runSql(
        url,
        "SELECT bool_and(ssl) AS ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'converge-tiktok'",
      )
      await store.close()
      return rows[0]?.ssl
    }
    const trusted = `sslrootcert=${encodeURIComponent(certificate)}`
    for (const parameters of [
      `sslmode=verify-full&${trusted}`,
      `sslmode=require&${trusted}`,
      trusted,
      'sslmode=no-verify',
    ])
      expect(await isEncrypted(parameters)).toBe(true)
    expect(await isEncrypted('sslmode=disable')).toBe(false)

    const use = (given: string) => openStore(given).add([purchase('1')], { mergeOrders: 0 })
    await expect(use(`${url}?sslmode=verify-full`)).rejects.toThrow(/could not be opened \(.*self-signed certificate/)
    const other = url.replace('localhost', '127.0.0.1')
    await expect(use(`${other}?sslmode=verify-full&${trusted}`)).rejects.toThrow(/could not be opened \(Hostname\/IP/)
    expect(await inspectPostgres({ url: `${other}?sslmode=verify-ca&${trusted}` })).toMatchObject({ tables: 'current' })
  })
})

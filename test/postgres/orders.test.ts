// Commands that read a shop's orders, on a database in PostgreSQL.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runCli } from '../server/node-child.ts'
import { createFolder } from '../server/node-folder.ts'
import { shopifyCsv } from '../server/order-exports.ts'
import { purchase } from '../server/outbox-kit.ts'
import { createDatabase, hasPostgres, openStore } from './postgres-kit.ts'
import { runSql } from './run-sql.ts'

const may = Date.parse('2024-05-01T10:00:00Z')

describe.runIf(hasPostgres)('with PostgreSQL', () => {
  test('orders of an export are imported into the history of customers, and compared with what arrived', async () => {
    const url = await createDatabase()
    const store = openStore(url)
    const order = { order: true, orderName: 'Placed Order', source: 'signed' as const }
    const log = { source: 'shop', channel: 'server', eventNames: ['Placed Order', 'Placed Order'], unsent: [] } as const
    await store.add([purchase('4501', order), purchase('4502', order)], { mergeOrders: 0 }, { log })
    const file = join(createFolder(), 'orders.csv')
    const orders = ['4501', '4502'].map((id, index) => ({ id, time: may + index, email: `${id}@example.com` }))
    writeFileSync(file, shopifyCsv(orders))
    const environment = { CONVERGE_DATABASE_URL: url }

    const imported = await runCli(['customers', 'import', file], environment)
    expect([imported.code, imported.errors]).toEqual([0, ''])
    expect(imported.output).toContain('2 orders of')
    const rows = await runSql(url, 'SELECT first_id, first_time FROM converge.customers ORDER BY first_id')
    expect(rows.map(({ first_id, first_time }) => [first_id, Number(first_time)])).toEqual([
      ['4501', may],
      ['4502', may],
    ])

    const compared = await runCli(['reconcile', file, '--all'], environment)
    expect([compared.code, compared.errors]).toEqual([0, ''])
    expect(compared.output).toMatch(/^server +2 {2}/m)

    const hours = (count: number) => Date.now() + count * 3_600_000
    writeFileSync(file, shopifyCsv([...orders, { id: '4503', time: hours(-1), email: 'new@example.com' }]))
    const unknown = await runCli(['reconcile', file, '--all'], environment)
    expect(unknown.output).toMatch(/^unknown +1 {2}/m)
    await runSql(url, `UPDATE converge.log_counts SET hour = hour - 2`)
    const missed = await runCli(['reconcile', file, '--all', '--force'], environment)
    expect(missed.output).toMatch(/^never_seen +1 {2}/m)
    expect(missed.code).toBe(1)
  })
})

import { statfsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, type TestContext, test } from 'vitest'
import { type DeliveryResult, OutboxFull } from '../../src/server/outbox.ts'
import { createSqliteOutbox } from '../../src/store/sqlite/sqlite-outbox.ts'
import { createEventsApiHost } from '../tiktok/events-api-host.ts'
import { runCli, startCli, writeConfig } from './node-child.ts'
import { createFolder } from './node-folder.ts'
import { accessToken, pageBatch, pixelId, postPage, readHealth, shop } from './node-requests.ts'
import { newPath, numbered, open, purchase } from './outbox-kit.ts'
import { createSmallDisk, fillDisk } from './small-disk.ts'

const megabyte = 1_000_000

/** Events that are as large as the page's address makes them: some 2 kB. */
function heavyBatch(ids: readonly string[]) {
  const batch = pageBatch(ids)
  const page = { url: `${shop}/${'cap/'.repeat(450)}`, referrer: '' }
  return { ...batch, events: batch.events.map((event) => ({ ...event, page })) }
}

test('a server refuses events before its disk is full, and sends each event once even if it cannot record that', async (context) => {
  const disk = createSmallDisk(context, 42 * megabyte)
  const tiktok = await createEventsApiHost({ accessToken, pixelId })
  onTestFinished(() => tiktok.close())
  tiktok.faults.always = { status: 503 }
  const config = writeConfig(createFolder(), { eventsApiUrl: tiktok.url })
  const outbox = join(disk, 'outbox.db')
  const start = async () => {
    const child = startCli(['serve', '--config', config, '--outbox', outbox, '--port', '0'])
    const [, url = ''] = await child.said(/listening on (\S+)/)
    return { child, url }
  }
  const { child, url } = await start()

  let taken = 0
  const post = async () => {
    const { status } = await postPage(url, heavyBatch(Array.from({ length: 100 }, (_, index) => `${taken + index}`)))
    if (status === 202) taken += 100
    return status
  }
  let status = 202
  while (status === 202 && taken < 20_000) status = await post()
  expect(status).toBe(503)
  const { bavail, bsize } = statfsSync(disk)
  expect(bavail * bsize).toBeGreaterThan(31 * megabyte)
  expect(taken).toBeGreaterThan(1000)
  expect(await readHealth(url)).toMatchObject({ status: 'full', waiting: taken })

  const empty = fillDisk(disk)
  expect(await post()).toBe(503)
  tiktok.faults.always = {}
  await tiktok.waitForAccepted((accepted) => accepted.length >= taken)
  const health = () => readHealth(url)
  await expect.poll(health).toMatchObject({ status: 'full', full: expect.any(String), waiting: 0, sent: taken })
  empty()
  await expect.poll(post, { interval: 200 }).toBe(202)
  await expect.poll(health).toMatchObject({ waiting: 0, sent: taken })
  child.process.kill('SIGTERM')
  const { errors } = await child.ended
  expect(errors).toMatch(/the outbox could not be written \(database or disk is full\)/)
  expect(errors).toMatch(/the outbox can be written again/)
  expect((await runCli(['outbox', 'list', '--outbox', outbox])).output).toBe(
    `0 dead letters, 0 waiting, ${taken} sent\n`,
  )

  const next = await start()
  await postPage(next.url, pageBatch(['after']))
  await tiktok.waitForAccepted((accepted) => accepted.some(({ event_id }) => event_id === 'after'))
  expect(tiktok.accepted).toHaveLength(taken + 1)
  expect(tiktok.counted).toHaveLength(taken + 1)
})

/** Faults that prevent writing to the file of an outbox. Each returns the path of a file, and a function that breaks it. */
const faults = {
  'the disk is full': (context: TestContext) => {
    const disk = createSmallDisk(context, 4 * megabyte)
    return { path: join(disk, 'outbox.db'), breakIt: () => fillDisk(disk) }
  },
  // Behaves like a full disk for the outbox: SQLite throws, and rolls the transaction back.
  'SQLite refuses to write': () => {
    const path = newPath()
    const sql = (statements: string) => {
      const database = new DatabaseSync(path)
      database.exec(`PRAGMA busy_timeout = 1000; ${statements}`)
      database.close()
    }
    return {
      path,
      breakIt() {
        for (const action of ['INSERT', 'UPDATE', 'DELETE'])
          sql(`CREATE TRIGGER no_${action} BEFORE ${action} ON waiting BEGIN SELECT RAISE(ABORT, 'refused'); END`)
        return () => sql('DROP TRIGGER no_INSERT; DROP TRIGGER no_UPDATE; DROP TRIGGER no_DELETE')
      },
    }
  },
}

for (const [fault, create] of Object.entries(faults)) {
  test(`while ${fault}, results are kept in memory and written later`, async (context) => {
    const { path, breakIt } = create(context)
    const log: string[] = []
    const outbox = open(path, { reserveBytes: 0, log: (sentence) => log.push(sentence) })
    const count = 2500 // three batches
    await outbox.add(numbered(count))
    const resultOf = (id: number): DeliveryResult => (id % 10 === 1 ? 'dead' : id % 10 === 2 ? 'retry' : 'done')
    const tries = new Map<string, number>()
    let mend = () => {}
    outbox.start(async (events) => {
      if (tries.size === 0) mend = breakIt()
      return events.map((event) => {
        const id = event.data.event_id
        const before = tries.get(id) ?? 0
        tries.set(id, before + 1)
        const result = resultOf(Number(id))
        if (result !== 'done') event.problem = 'odd'
        return result === 'retry' && before > 0 ? 'done' : result
      })
    })
    await expect.poll(() => tries.size).toBe(count)
    await expect.poll(() => outbox.stats()).toMatchObject({ sent: count * 0.9 })
    await expect(outbox.add([purchase('more')])).rejects.toThrow()
    expect(log.filter((sentence) => sentence.includes('could not be written'))).toHaveLength(1)
    mend()
    await expect.poll(() => outbox.stats()).toMatchObject({ waiting: 0, sent: count * 0.9, dead: { odd: count / 10 } })
    for (const [id, times] of tries) expect([id, times]).toEqual([id, resultOf(Number(id)) === 'retry' ? 2 : 1])
    expect(log.at(-1)).toBe('converge-tiktok: the outbox can be written again.')
    await outbox.add([purchase('more')])
  })
}

test('add() reports that the disk is full, and keeps its events', async (context) => {
  const disk = createSmallDisk(context, 4 * megabyte)
  const outbox = open(join(disk, 'outbox.db'), { reserveBytes: 0 })
  await outbox.add(numbered(2))
  const empty = fillDisk(disk)
  await expect(outbox.add(numbered(2000))).rejects.toThrow(OutboxFull)
  expect(await outbox.stats()).toMatchObject({
    waiting: 2,
    full: 'The disk has less than 0 bytes free, which is the reserve (reserveBytes).',
  })
  empty()
  expect(await outbox.stats()).toMatchObject({ waiting: 2, full: false })
  await outbox.add([purchase('more')])
})

test('events are refused, with a reason, while the disk has less free space than the configured reserve', async () => {
  const { bavail, bsize } = statfsSync(createFolder())
  const path = newPath()
  const needy = open(path, { reserveBytes: bavail * bsize * 2 })
  await expect(needy.add(numbered(1))).rejects.toThrow(
    /^The disk has less than \d+ bytes free, which is the reserve \(reserveBytes\)\.$/,
  )
  expect((await needy.stats()).full).toMatch(/reserveBytes/)
  await needy.close()
  const modest = open(path, { reserveBytes: 1 })
  await modest.add(numbered(1))
  expect(await modest.stats()).toMatchObject({ waiting: 1, full: false })
})

test('the command line accepts the reserve, and health reports a disk without it as full', async () => {
  const folder = createFolder()
  const serve = ['serve', '--config', writeConfig(folder), '--outbox', join(folder, 'outbox.db'), '--port', '0']
  const child = startCli([...serve, '--reserve-bytes', '999999999999999'])
  const [, url = ''] = await child.said(/listening on (\S+)/)
  expect((await postPage(url, pageBatch(['1']))).status).toBe(503)
  const health = await fetch(`${url}/health`)
  expect([health.status, await health.json()]).toMatchObject([503, { status: 'full', waiting: 0 }])
  expect((await runCli([...serve, '--reserve-bytes', 'some'])).errors).toContain(
    '--reserve-bytes is "some", not a whole number of bytes',
  )
})

test('an outbox with maxBytes reports that it is full until there is room', async () => {
  const outbox = open(newPath(), { maxBytes: 300_000 })
  const events = numbered(600)
  await expect(outbox.add(events)).rejects.toThrow(OutboxFull)
  expect((await outbox.stats()).full).toBe('The outbox has reached its limit of 300000 bytes (maxBytes).')
  await outbox.add(events.slice(0, 1))
  expect((await outbox.stats()).full).toBe(false)
})

for (const [title, vacuum] of [
  ['an outbox', 'INCREMENTAL'],
  ['an outbox of the format without a version', 'NONE'],
]) {
  test(`${title} returns its free space to a full disk when it is empty, and accepts events again`, async (context) => {
    const disk = createSmallDisk(context, 16 * megabyte)
    const path = join(disk, 'outbox.db')
    await createSqliteOutbox({ path }).close()
    const database = new DatabaseSync(path)
    database.exec(`PRAGMA auto_vacuum = ${vacuum}; VACUUM`)
    database.close()
    const outbox = createSqliteOutbox({ path, reserveBytes: 6 * megabyte })
    onTestFinished(() => outbox.close())
    const heavy = numbered(100).map((event) => ({ ...event, problem: 'x'.repeat(2000) }))
    let taken = 0
    const fill = async () => {
      for (;;) {
        await outbox.add(heavy.map((event) => ({ ...event, data: { ...event.data, event_id: `${taken++}` } })))
      }
    }
    await expect(fill()).rejects.toThrow(OutboxFull)
    expect((await outbox.stats()).full).toMatch(/reserveBytes/)
    outbox.start(async (events) => events.map(() => 'done'))
    await expect.poll(() => outbox.stats()).toMatchObject({ waiting: 0, full: false })
    await outbox.add(heavy)
  })
}

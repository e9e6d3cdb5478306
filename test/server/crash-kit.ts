// Kills a server repeatedly, while TikTok misbehaves.
import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'vitest'
import type { EventsApiHost, Fault } from '../tiktok/events-api-host.ts'
import type { Child } from './node-child.ts'

export const faults: readonly ('down' | Fault)[] = [
  'down',
  { status: 503 },
  { hangUp: 'half-way' },
  { after: 300 },
  { code: 50000 },
  { garbage: '<html>Bad gateway</html>' },
  { status: 429, retryAfter: '1' },
  { hangUp: 'at once' },
  {},
]

async function play(tiktok: EventsApiHost, fault: 'down' | Fault, former?: 'down' | Fault): Promise<void> {
  if (former === 'down') await tiktok.listen()
  if (fault === 'down') await tiktok.close()
  else tiktok.faults.always = fault
}

/** Milliseconds that a loaded machine needs at most for the work between two kills. */
export const patience = 60_000

/** Lets a server live for a random amount of work from `least` to `most`, not for a time. */
export async function letWork([least, most]: readonly [least: number, most: number], count: () => number) {
  const goal = count() + least + Math.floor(Math.random() * (most - least))
  await expect.poll(count, { timeout: patience, interval: 5 }).toBeGreaterThanOrEqual(goal)
  // The kill should not always come just after an answer.
  await pause(Math.random() * 20)
}

export interface Serving {
  child: Child
  url: string
}

export async function waitForUrl(child: Child): Promise<Serving> {
  const [, url = ''] = await child.said(/listening on (\S+)/)
  return { child, url }
}

/** Every third server is killed again, possibly before it has opened its port. */
async function killedWhileStarting(start: () => Child, kill: number): Promise<Child> {
  if (kill % 3 === 2) {
    const child = start()
    await pause(100 + Math.random() * 300)
    child.process.kill('SIGKILL')
    await child.ended
  }
  return start()
}

export interface KillPlan {
  tiktok: EventsApiHost
  kills: number
  start: () => Child
  /** The current server. Before each kill it is replaced with the next one, so that senders use that one. */
  servers: { serving: Promise<Serving> }
  /** The least and the most work of a server before it is killed. */
  work: readonly [least: number, most: number]
  /** The work done so far. */
  count: () => number
}

/** Kills a server again and again while TikTok misbehaves, and starts the next one when TikTok works again. */
export async function killAgainAndAgain({ tiktok, kills, start, servers, work, count }: KillPlan): Promise<void> {
  for (let kill = 0; kill < kills; kill++) {
    const fault = faults[kill % faults.length] ?? {}
    await play(tiktok, fault)
    const { child } = await servers.serving
    await letWork(work, count)
    servers.serving = child.ended.then(async () => {
      await play(tiktok, {}, fault)
      return waitForUrl(await killedWhileStarting(start, kill))
    })
    child.process.kill('SIGKILL')
  }
}

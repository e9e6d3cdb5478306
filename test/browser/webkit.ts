// WebKit by a small W3C WebDriver client: Debian's WebKitWebDriver and MiniBrowser on a virtual display.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { createServer } from 'node:net'
import type { Browser, Engine, Page } from './browsers.ts'
import { type Network, portOf } from './network.ts'

/** The missing packages (`webkit2gtk-driver`, `xvfb`), or undefined. */
export function webkitBinaries(): { driver: string; browser: string; display: string } | undefined {
  const libraries = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu'].filter(existsSync)
  const browser = libraries
    .flatMap((folder) => readdirSync(folder).map((name) => `${folder}/${name}/MiniBrowser`))
    .find((path) => path.includes('/webkit') && existsSync(path))
  const driver = '/usr/bin/WebKitWebDriver'
  const display = '/usr/bin/Xvfb'
  return browser && existsSync(driver) && existsSync(display) ? { driver, browser, display } : undefined
}

/** Starts the virtual display for the windows of all sessions. */
export async function startWebkit(): Promise<Engine> {
  const display = await startDisplay(needBinaries().display)
  return { address: display.name, stop: () => endProcess(display.process) }
}

/** Each page with its own storage is a session with its own driver, because a driver has one session. */
export async function connectWebkit(display: string, network: Network): Promise<Browser> {
  const binaries = needBinaries()
  const sessions = new Map<Page, Session>()
  return {
    name: 'webkit',
    async newPage({ shared } = {}) {
      const known = shared && sessions.get(shared)
      const session = known ?? (await startSession(binaries, display, network.port))
      const page = known ? await secondTab(known) : await firstTab(session)
      sessions.set(page, session)
      return page
    },
    async close() {
      await Promise.all([...new Set(sessions.values())].map((session) => session.end()))
    },
  }
}

function needBinaries(): { driver: string; browser: string; display: string } {
  const binaries = webkitBinaries()
  if (!binaries) throw new Error('WebKit is not here: install webkit2gtk-driver and xvfb.')
  return binaries
}

interface Session {
  /** Sends a WebDriver command to one window. Commands run one after another. */
  command<Value>(
    window: string | undefined,
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    body?: object,
    signal?: AbortSignal,
  ): Promise<Value>
  end(): Promise<void>
}

interface Started {
  driver: ChildProcess
  /** The session's URL at its driver. */
  session: string
}

/** On a busy machine, a new MiniBrowser sometimes never connects to its driver (seen with WebKitGTK 2.50). */
const START_LIMIT = 15_000 // ms
const STARTS = 3
const END_LIMIT = 5000 // ms

/** Setting up OpenGL would take a tenth of a page's time. */
const withoutGraphics = {
  LIBGL_ALWAYS_SOFTWARE: '1',
  GDK_GL: 'disable',
  WEBKIT_DISABLE_COMPOSITING_MODE: '1',
  WEBKIT_DISABLE_DMABUF_RENDERER: '1',
}

/** Starts a driver and its browser. If they hang before the first page, they are stopped and started again. */
async function startBrowser(
  binaries: { driver: string; browser: string },
  display: string,
  proxyPort: number,
  startsLeft = STARTS,
): Promise<Started> {
  const port = await freePort()
  const driver = spawn(binaries.driver, [`--port=${port}`, '--host=127.0.0.1'], {
    env: { ...process.env, ...withoutGraphics, DISPLAY: display, GDK_BACKEND: 'x11', NO_AT_BRIDGE: '1' },
    stdio: 'ignore',
  })
  endWithTest(driver)
  const address = `http://127.0.0.1:${port}`
  await answering(`${address}/status`, driver)

  const alwaysMatch = {
    acceptInsecureCerts: true,
    pageLoadStrategy: 'none', // with 'eager' every command hangs until a script that hangs has come
    timeouts: { script: 30_000, pageLoad: 30_000 },
    'webkitgtk:browserOptions': {
      binary: binaries.browser,
      // The proxy is set here, because the capability's sslProxy uses TLS to the proxy itself.
      args: ['--automation', `--proxy=http://127.0.0.1:${proxyPort}`],
    },
  }
  const body = { capabilities: { alwaysMatch } }
  const limit = AbortSignal.timeout(START_LIMIT)
  try {
    const { sessionId } = await send<{ sessionId: string }>(`${address}/session`, 'POST', body, limit)
    return { driver, session: `${address}/session/${sessionId}` }
  } catch (error) {
    driver.kill('SIGKILL')
    await endProcess(driver)
    if (!limit.aborted || startsLeft === 1) throw error
    return startBrowser(binaries, display, proxyPort, startsLeft - 1)
  }
}

async function startSession(
  binaries: { driver: string; browser: string },
  display: string,
  proxyPort: number,
): Promise<Session> {
  const { driver, session } = await startBrowser(binaries, display, proxyPort)
  let current: string | undefined
  let previous: Promise<unknown> = Promise.resolve()
  return {
    command<Value>(window: string | undefined, method: string, path: string, body?: object, signal?: AbortSignal) {
      const turn = previous.then(async () => {
        if (window !== undefined && window !== current) {
          await send(`${session}/window`, 'POST', { handle: window })
          current = window
        }
        return send<Value>(`${session}/${path}`, method, body, signal)
      })
      previous = turn.catch(() => {})
      return turn
    },
    async end() {
      // Closing the last tab has ended the session. A driver that hangs is stopped anyway.
      await send(session, 'DELETE', undefined, AbortSignal.timeout(END_LIMIT)).catch(() => driver.kill('SIGKILL'))
      await endProcess(driver)
    },
  }
}

async function firstTab(session: Session): Promise<Page> {
  return tab(session, await session.command<string>(undefined, 'GET', 'window'), () => session.end())
}

async function secondTab(session: Session): Promise<Page> {
  const { handle } = await session.command<{ handle: string }>(undefined, 'POST', 'window/new', { type: 'tab' })
  return tab(session, handle, () => session.command<void>(handle, 'DELETE', 'window'))
}

function tab(session: Session, window: string, close: () => Promise<void>): Page {
  const evaluate = async (code: ((...args: never[]) => unknown) | string, ...args: never[]) => {
    const expression = typeof code === 'string' ? `(${code})` : `(${code})(...given)`
    // Awaits promises itself and returns errors as values, because the driver drops their messages.
    const script = `const [...given] = arguments, done = given.pop();
      (async () => ${expression})().then((value) => done({ value }), (error) => done({ error: String(error) }))`
    const answer = await session.command<{ value?: unknown; error?: string }>(window, 'POST', 'execute/async', {
      script,
      args,
    })
    if (answer.error !== undefined) throw new Error(answer.error)
    return answer.value
  }
  // `interactive` is set before modules have run, and `complete` only after scripts that hang. about:blank has no entry.
  const isParsed = `(document.readyState === 'complete' ||
    performance.getEntriesByType('navigation')[0]?.domContentLoadedEventEnd > 0)`
  /** Marks the current document and polls until another document or URL is there and parsed. */
  const navigate = async (command: string, body: object) => {
    const mark = ++navigations
    const left = `window[Symbol.for('left')]`
    // A command to a document that is unloading may get no answer. It times out and is repeated.
    const ask = (script: string, signal?: AbortSignal) =>
      session.command(window, 'POST', 'execute/sync', { script: `return ${script}`, args: [] }, signal)
    const address = await ask(`(${left} = ${mark}, location.href)`)
    const arrived = `(${left} !== ${mark} || location.href !== ${JSON.stringify(address)}) && ${isParsed}`
    await session.command(window, 'POST', command, body)
    const deadline = Date.now() + 20_000
    const unanswered = Symbol('unanswered')
    let answered = Date.now()
    for (;;) {
      const answer = await ask(arrived, AbortSignal.timeout(500)).catch(() => unanswered)
      if (answer === true) return
      const now = Date.now()
      if (answer !== unanswered) answered = now
      if (now <= deadline) {
        await new Promise((resolve) => setTimeout(resolve, POLL))
        continue
      }
      const what = now - answered > HANG ? `${hangs} whether WebKit arrived` : 'WebKit did not arrive'
      throw new Error(`${what} within 20 s of ${command} ${JSON.stringify(body)}.`)
    }
  }
  return {
    consoleErrors: [],
    goto: (url) => navigate('url', { url }),
    reload: () => navigate('refresh', {}),
    back: () => navigate('back', {}),
    evaluate,
    async forget() {
      const handles = await session.command<string[]>(window, 'GET', 'window/handles')
      if (handles.length > 1) return false
      await session.command(window, 'DELETE', 'cookie')
      return true
    },
    close,
  }
}

let navigations = 0

const POLL = 20 // ms

/** A driver without an answer for this long is considered hung. */
const HANG = 5000 // ms

/** vitest.config.ts repeats a test whose error starts with this. */
const hangs = "WebKit's driver did not answer"

/** Longer than the driver's own limits for scripts and pages, so that only a hung driver reaches it. */
const ANSWER_LIMIT = 40_000 // ms

async function send<Value>(url: string, method: string, body?: object, signal?: AbortSignal): Promise<Value> {
  const limit = signal ?? AbortSignal.timeout(ANSWER_LIMIT)
  const response = await fetch(url, { method, ...(body && { body: JSON.stringify(body) }), signal: limit }).catch(
    (error) => {
      throw new Error(`${hangs} ${method} ${url}: ${error}. The body was ${JSON.stringify(body)}.`)
    },
  )
  const { value } = await response.json()
  if (response.ok) return value
  throw new Error(`WebKit's driver refused ${method} ${url}: ${value?.error}, ${value?.message}`)
}

/** Xvfb chooses a free display and writes its number to the given file descriptor. */
async function startDisplay(binary: string): Promise<{ name: string; process: ChildProcess }> {
  const display = spawn(binary, ['-displayfd', '3', '-screen', '0', '1280x1024x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  })
  endWithTest(display)
  const number = await new Promise<string>((resolve, reject) => {
    display.stdio[3]?.once('data', (line) => resolve(String(line).trim()))
    display.once('exit', (code) => reject(new Error(`Xvfb ended with ${code} before it had a display.`)))
  })
  return { name: `:${number}`, process: display }
}

/** The driver does not report that it listens, so poll it. */
async function answering(url: string, driver: ChildProcess): Promise<void> {
  while (driver.exitCode === null) {
    const up = await fetch(url).then(
      (response) => response.ok,
      () => false,
    )
    if (up) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error(`WebKit's driver ended with ${driver.exitCode} before it answered.`)
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const port = portOf(server)
  await new Promise((resolve) => server.close(resolve))
  return port
}

function endWithTest(child: ChildProcess): void {
  const kill = () => child.kill()
  process.once('exit', kill)
  child.once('exit', () => process.off('exit', kill))
}

/** Stops a process, and resolves when it has exited. */
export async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill()
  await ended
}

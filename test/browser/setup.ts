// vitest's globalSetup for a browser project, which has the browser's name. Starts the browser once for the whole run.
import type { TestProject } from 'vitest/node'
import { type BrowserName, browserNames, isInstalled, startEngine } from './browsers.ts'
import { type Certificate, createCertificate } from './network.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The browser of this project. It has no address if it is not installed. */
    engine: { name: BrowserName; address: string | undefined; certificate: Certificate }
  }
}

export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const name = browserNames.find((each) => each === project.name)
  if (!name) throw new Error(`The project "${project.name}" is not named after a browser: ${browserNames.join(', ')}.`)
  const certificate = await createCertificate()
  if (!isInstalled(name)) {
    console.info(`${name} is not on this machine. Its tests are skipped.`)
    project.provide('engine', { name, address: undefined, certificate })
    return
  }
  const { address, stop } = await startEngine(name)
  project.provide('engine', { name, address, certificate })
  return stop
}

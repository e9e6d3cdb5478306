import { location, window } from './instance.ts'

/** `?converge_test=CODE` and `?converge_debug` hold for the tab: its name stays, and is no storage. */
const [flag = window.name] = /converge_(debug|test=[\w-]+)/.exec(location.search) ?? []
window.name = flag

export const isDebug = /converge_debug/.test(flag)
export const testCode = /converge_test=([\w-]+)/.exec(flag)?.[1]

// Loaded into a server before its own code, so that a test can set the server's clock while it runs: CLOCK_FILE holds how
// many milliseconds it is ahead. Like a system clock that is set, it leaves performance.now() and timers alone.
import { readFileSync } from 'node:fs'

const file = process.env.CLOCK_FILE ?? ''
const systemClock = Date.now
Date.now = () => systemClock() + Number(readFileSync(file, 'utf8'))

// Loaded into a server before its own code, so that a test can set the server's clock while it runs. CLOCK_FILE contains how
// many milliseconds it is ahead. As with a real clock change, performance.now() and timers are not affected.
import { readFileSync } from 'node:fs'

const file = process.env.CLOCK_FILE ?? ''
const systemClock = Date.now
Date.now = () => systemClock() + Number(readFileSync(file, 'utf8'))

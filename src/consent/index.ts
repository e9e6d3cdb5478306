export { adapters } from './adapters.ts'
export { start } from './start.ts'

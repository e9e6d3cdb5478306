export { type Diagnosis, diagnose } from './diagnose.ts'
export { inspect, inspect as start } from './inspect.ts'

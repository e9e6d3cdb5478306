export { type DiagnosableResult, type Diagnosis, diagnose } from './diagnose.ts'
export { inspect } from './inspect.ts'

/**
 * How long tests wait for what must come, in milliseconds. On a busy machine, 5 s are too short. A test that passes never waits so
 * long.
 */
export const PATIENCE = 30_000

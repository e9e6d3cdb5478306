/** How long tests wait for what must come, in milliseconds: on a busy machine, 5 s are too short. A test that passes never waits it out. */
export const PATIENCE = 30_000

/** SQL of the log tables. Part of migration 3. */
export const logTables = ''

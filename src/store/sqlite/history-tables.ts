/** SQL of the history tables. Part of migration 3. */
export const historyTables = ''

/** SQL of the switch tables. Part of migration 3. */
export const switchTables = ''

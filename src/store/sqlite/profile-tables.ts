/** SQL of the profile tables. Part of migration 3. */
export const profileTables = ''

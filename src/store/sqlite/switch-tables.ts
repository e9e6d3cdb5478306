// A row means that the switch is on. `since` is in milliseconds since 1970.
/** SQL of the switch tables. Part of migration 3. */
export const switchTables = `
CREATE TABLE switches (name TEXT PRIMARY KEY, since INTEGER NOT NULL) STRICT, WITHOUT ROWID;
`

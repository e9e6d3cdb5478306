// A row of switches means that the switch is on. `since` is in milliseconds since 1970. alerts has those that were posted and
// are not over.
/** SQL of the tables of switches and alerts. Part of migration 3. */
export const switchTables = `
CREATE TABLE switches (name TEXT PRIMARY KEY, since INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE alerts (cause TEXT PRIMARY KEY, sentence TEXT NOT NULL) STRICT, WITHOUT ROWID;
`

// profiles.has_person is 1 if a signed source named the person. profiles.seen is the newest event, in milliseconds since 1970.
// profile_keys.key is the letter of its kind and 32 bytes of SHA-256. profile_keys.profile is 0 if the key belongs to nobody,
// because too many visitors or persons used it; `seen` is when that was noticed last. tombstones has the denials of consent, by
// key. A repeated denial gets a new number. So a reader who has read up to a number finds all later denials behind it.
/** SQL of the profile tables. Part of migration 3. */
export const profileTables = `
CREATE TABLE profiles (
  id INTEGER PRIMARY KEY,
  has_person INTEGER NOT NULL,
  seen INTEGER NOT NULL,
  body TEXT NOT NULL
) STRICT;
CREATE INDEX profiles_seen ON profiles (has_person, seen);
CREATE TABLE profile_keys (
  key BLOB NOT NULL,
  profile INTEGER NOT NULL,
  seen INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (key, profile)
) STRICT, WITHOUT ROWID;
CREATE INDEX profile_keys_profile ON profile_keys (profile);
CREATE TABLE tombstones (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  key BLOB NOT NULL UNIQUE,
  time INTEGER NOT NULL
) STRICT;
`

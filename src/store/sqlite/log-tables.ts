/** A block is up to 1,024 lines with neighboring ids, which arrived in the same hour. */
export const linesPerBlock = 1024

/** Bytes of a line besides its texts, with its index entry and its part of the counts. */
export const lineBytes = 90

// log.kind is a row of log_kinds, log.status an index of `logStatuses`, log.keys the bits of `logMatchKeys`. log.person has the
// keyed references of a person's hashes, which only `forget` uses. log.is_order is 1 for the line that counts for its order. An
// index by event_id alone would write another page for almost every line. Within a block, lines share pages. log_answers has
// the answers to failed attempts, the first 10 of each line. The other tables count the lines of each block, because counting a
// million lines takes too long. waiting.line and dead_letters.line are the lines of these events. They are missing if there is
// no log.
/** SQL of the log tables. Part of migration 3. */
export const logTables = `
CREATE TABLE log_kinds (
  id INTEGER PRIMARY KEY,
  source TEXT NOT NULL,
  channel TEXT NOT NULL,
  event_name TEXT NOT NULL,
  event TEXT NOT NULL,
  UNIQUE (source, channel, event_name, event)
) STRICT;
CREATE TABLE log (
  id INTEGER PRIMARY KEY,
  block INTEGER NOT NULL,
  time INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  status INTEGER NOT NULL,
  event_id TEXT NOT NULL,
  keys INTEGER NOT NULL DEFAULT 0,
  value REAL,
  currency TEXT,
  person BLOB,
  is_order INTEGER NOT NULL DEFAULT 0,
  attempts INTEGER NOT NULL DEFAULT 0,
  sent INTEGER,
  code INTEGER,
  message TEXT,
  reason TEXT,
  order_id TEXT
) STRICT;
CREATE INDEX log_event_id ON log (block, event_id);
CREATE INDEX log_order_id ON log (order_id) WHERE order_id IS NOT NULL;
CREATE TABLE log_answers (
  line INTEGER NOT NULL,
  time INTEGER NOT NULL,
  code INTEGER,
  message TEXT NOT NULL,
  PRIMARY KEY (line, time)
) STRICT, WITHOUT ROWID;
CREATE TABLE log_blocks (
  block INTEGER PRIMARY KEY,
  hour INTEGER NOT NULL,
  used INTEGER NOT NULL,
  bytes INTEGER NOT NULL
) STRICT;
CREATE INDEX log_blocks_hour ON log_blocks (hour);
CREATE TABLE log_counts (
  block INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  status INTEGER NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (block, kind, status)
) STRICT, WITHOUT ROWID;
CREATE TABLE log_orders (
  block INTEGER NOT NULL,
  currency TEXT NOT NULL,
  count INTEGER NOT NULL,
  value REAL NOT NULL,
  PRIMARY KEY (block, currency)
) STRICT, WITHOUT ROWID;
CREATE TABLE log_keys (
  block INTEGER NOT NULL,
  keys INTEGER NOT NULL,
  is_order INTEGER NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (block, keys, is_order)
) STRICT, WITHOUT ROWID;
CREATE TABLE log_times (
  block INTEGER NOT NULL,
  time_group INTEGER NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (block, time_group)
) STRICT, WITHOUT ROWID;
CREATE TABLE log_secret (one INTEGER PRIMARY KEY CHECK (one = 1), secret BLOB NOT NULL) STRICT;
ALTER TABLE waiting ADD COLUMN line INTEGER;
ALTER TABLE dead_letters ADD COLUMN line INTEGER;
`

/** SQL that takes waiting lines out of the index by event ID. `linesInWaitingRows` puts them back. */
export const smallerIndex = `
DROP INDEX log_event_id;
CREATE INDEX log_event_id ON log (block, event_id) WHERE (status <> 0 OR substr(event_id, 1, 7) = 'sha256:');
`

/** SQL of the estimated size of a line that is a part of a row in `waiting`. */
export const bytesInRow = `${lineBytes} + 2 * length(event_id) + coalesce(length(person), 0)`

/**
 * SQL for lines that are a part of their event's row in `waiting`, until the first outcome. Almost every event is delivered at
 * once, and then its line is written once instead of twice. Such a row has a `kind`. The line of every other event, and of an
 * order, is in `log` from the beginning. The view `lines` has both. Its arms have the same types, because SQLite only then reads it in
 * the order of the ids: https://www.sqlite.org/optoverview.html#flattening. If a process of the previous version sends such
 * an event, its line is lost, and stays in the counts as waiting.
 */
export const linesInWaitingRows = `
ALTER TABLE waiting ADD COLUMN kind INTEGER;
ALTER TABLE waiting ADD COLUMN keys INTEGER;
ALTER TABLE waiting ADD COLUMN value REAL;
ALTER TABLE waiting ADD COLUMN currency TEXT;
ALTER TABLE waiting ADD COLUMN person BLOB;
CREATE INDEX waiting_line ON waiting (line) WHERE kind IS NOT NULL;
DROP INDEX log_event_id;
CREATE INDEX log_event_id ON log (block, event_id);
CREATE VIEW lines (id, time, kind, status, event_id, order_id, keys, value, currency, person, is_order, attempts, sent, code,
  message, reason) AS
SELECT id, time, kind, status, event_id, order_id, keys, value, currency, person, is_order, attempts, sent, code,
  message, reason FROM log
UNION ALL SELECT line, added, kind, CAST(0 AS INTEGER), event_id, CAST(NULL AS TEXT), keys, value, currency, person,
  CAST(0 AS INTEGER), CAST(0 AS INTEGER), CAST(NULL AS INTEGER), CAST(NULL AS INTEGER), CAST(NULL AS TEXT), CAST(NULL AS TEXT)
  FROM waiting WHERE kind IS NOT NULL;
`

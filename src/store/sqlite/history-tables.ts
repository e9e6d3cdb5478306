// customers.key is a part of the salted hash of an email address, a phone number or a customer id. first_id and first_time are of
// the person's first order, latest is when the latest one was placed. customer_history.keep_for is in milliseconds; 0 means without end.
/** SQL of the history tables. Part of migration 3. */
export const historyTables = `
CREATE TABLE customers (
  key BLOB PRIMARY KEY,
  first_id TEXT NOT NULL,
  first_time INTEGER NOT NULL,
  latest INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX customers_first_id ON customers (first_id);
CREATE INDEX customers_latest ON customers (latest);
CREATE TABLE customer_history (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  salt TEXT NOT NULL,
  keep_for INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TRIGGER customer_added AFTER INSERT ON customers BEGIN
  INSERT INTO totals VALUES ('customers', 1) ON CONFLICT DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER customer_removed AFTER DELETE ON customers BEGIN
  UPDATE totals SET count = count - 1 WHERE name = 'customers';
END;
`

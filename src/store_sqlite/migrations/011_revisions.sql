-- Raised in the transaction that changes what an answer shows; the numbers are store_sql's. A farm's first one is the
-- time, so that it is none of those that a copy of this store, put back later, gives for other rows.
CREATE TABLE ops_revisions (
  kind INTEGER NOT NULL, farm INTEGER NOT NULL, month INTEGER NOT NULL, revision INTEGER NOT NULL,
  PRIMARY KEY (kind, farm, month)) WITHOUT ROWID;
INSERT INTO ops_revisions SELECT 0, 0, 0, CAST(strftime('%s', 'now') AS INTEGER) * 1000000;
INSERT INTO ops_revisions SELECT 1, id, 0, CAST(strftime('%s', 'now') AS INTEGER) * 1000000 FROM ops_farm_ids;

-- Raised in the transaction that changes what an answer shows; the numbers are store_sql's. A farm's first one is the
-- time, so that it is none of those that a copy of this store, put back later, gives for other rows.
CREATE TABLE IF NOT EXISTS {ops}revisions (
  kind TINYINT NOT NULL, farm INT NOT NULL, month INT NOT NULL, revision BIGINT NOT NULL,
  PRIMARY KEY (kind, farm, month)) ENGINE=InnoDB ROW_FORMAT=DYNAMIC;
INSERT IGNORE INTO {ops}revisions SELECT 0, 0, 0, UNIX_TIMESTAMP() * 1000000;
INSERT IGNORE INTO {ops}revisions SELECT 1, id, 0, UNIX_TIMESTAMP() * 1000000 FROM {ops}farm_ids;

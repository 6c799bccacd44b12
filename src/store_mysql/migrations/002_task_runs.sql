-- Runs of the pipelines' tasks, their log lines, and what people should know. Instants: µs since 1970 UTC.
CREATE TABLE IF NOT EXISTS {ops}task_runs (
  id BIGINT PRIMARY KEY AUTO_INCREMENT,
  pipeline VARCHAR(64) NOT NULL, task VARCHAR(64) NOT NULL,
  idempotency_key VARCHAR(400) NOT NULL UNIQUE,
  trigger_kind VARCHAR(16) NOT NULL,
  state VARCHAR(16) NOT NULL,
  owner VARCHAR(300),
  requested_at BIGINT NOT NULL, started_at BIGINT, finished_at BIGINT, heartbeat_at BIGINT,
  attempt BIGINT NOT NULL, rows_read BIGINT NOT NULL, rows_written BIGINT NOT NULL,
  error TEXT, cancel_requested INT NOT NULL,
  KEY task_runs_by_task (pipeline, task, id),
  KEY task_runs_by_state (state, id))
  ENGINE=InnoDB ROW_FORMAT=DYNAMIC;

CREATE TABLE IF NOT EXISTS {ops}task_run_logs (
  run_id BIGINT NOT NULL, number BIGINT NOT NULL, logged_at BIGINT NOT NULL,
  level VARCHAR(16) NOT NULL, text TEXT NOT NULL,
  PRIMARY KEY (run_id, number))
  ENGINE=InnoDB ROW_FORMAT=DYNAMIC;

CREATE TABLE IF NOT EXISTS {ops}notifications (
  id BIGINT PRIMARY KEY AUTO_INCREMENT, noted_at BIGINT NOT NULL, pipeline VARCHAR(64) NOT NULL,
  task VARCHAR(64), event VARCHAR(16) NOT NULL, message TEXT NOT NULL, url TEXT)
  ENGINE=InnoDB ROW_FORMAT=DYNAMIC;

-- Whoever writes there holds this row.
INSERT IGNORE INTO {ops}step_leases (step, epoch) VALUES ('run_ledger', 0);

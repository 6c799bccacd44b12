-- Runs of the pipelines' tasks, their log lines, and what people should know. Instants: µs since 1970 UTC.
CREATE TABLE ops_task_runs (
  id INTEGER PRIMARY KEY,
  pipeline TEXT NOT NULL, task TEXT NOT NULL, idempotency_key TEXT NOT NULL UNIQUE,
  trigger_kind TEXT NOT NULL,  -- schedule, api, command
  state TEXT NOT NULL,  -- queued, running, succeeded, failed, cancelled, interrupted
  owner TEXT,
  requested_at INTEGER NOT NULL, started_at INTEGER, finished_at INTEGER, heartbeat_at INTEGER,
  attempt INTEGER NOT NULL, rows_read INTEGER NOT NULL, rows_written INTEGER NOT NULL,
  error TEXT, cancel_requested INTEGER NOT NULL);
CREATE INDEX ops_task_runs_by_task ON ops_task_runs (pipeline, task, id);
CREATE INDEX ops_task_runs_by_state ON ops_task_runs (state, id);
CREATE TABLE ops_task_run_logs (
  run_id INTEGER NOT NULL, number INTEGER NOT NULL, logged_at INTEGER NOT NULL,
  level TEXT NOT NULL, text TEXT NOT NULL,
  PRIMARY KEY (run_id, number)) WITHOUT ROWID;
CREATE TABLE ops_notifications (
  id INTEGER PRIMARY KEY, noted_at INTEGER NOT NULL, pipeline TEXT NOT NULL, task TEXT,
  event TEXT NOT NULL,  -- failed, retrying, recovered
  message TEXT NOT NULL, url TEXT);

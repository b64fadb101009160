-- How often a task failed in a row, and why the host paused it.
ALTER TABLE scheduled_tasks ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;
ALTER TABLE scheduled_tasks ADD COLUMN pause_reason TEXT;

-- What the run was to do, as the task had it when the run was claimed, and for when it was scheduled.
ALTER TABLE task_run_logs ADD COLUMN prompt TEXT NOT NULL DEFAULT '';
ALTER TABLE task_run_logs ADD COLUMN schedule TEXT NOT NULL DEFAULT '';
ALTER TABLE task_run_logs ADD COLUMN due TEXT;

CREATE INDEX task_run_logs_open ON task_run_logs (task_id) WHERE status = 'running';

-- Which of a group's two containers gets it: 'chat' or 'isolated'.
ALTER TABLE agent_inputs ADD COLUMN context TEXT NOT NULL DEFAULT 'chat';

CREATE INDEX agent_inputs_by_task_run ON agent_inputs (task_run_id) WHERE task_run_id IS NOT NULL;

-- Files of agents whose effect has happened, with the answer, so that it does not happen twice.
CREATE TABLE handled_files (
  run_id TEXT NOT NULL REFERENCES agent_runs (run_id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  answer TEXT NOT NULL,
  PRIMARY KEY (run_id, name)
) WITHOUT ROWID;

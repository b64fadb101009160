-- Times are ISO-8601 UTC text; flags are 0 or 1.
-- The first seven tables keep the column names of earlier systems, so that their databases can be imported.

CREATE TABLE chats (
  jid TEXT NOT NULL PRIMARY KEY,
  name TEXT,
  last_message_time TEXT,
  channel TEXT NOT NULL,
  is_group INTEGER NOT NULL DEFAULT 0
);

-- seq is the order of arrival. `triggered`: the message asks for an answer by the rule that held when it came.
-- `is_command`: it was for the host itself, the agent does not read it.
CREATE TABLE messages (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL,
  chat_jid TEXT NOT NULL REFERENCES chats (jid),
  sender TEXT NOT NULL,
  sender_name TEXT NOT NULL,
  content TEXT NOT NULL,
  timestamp TEXT NOT NULL,
  is_from_me INTEGER NOT NULL DEFAULT 0,
  is_bot_message INTEGER NOT NULL DEFAULT 0,
  mentions_me INTEGER NOT NULL DEFAULT 0,
  quoted TEXT,
  triggered INTEGER NOT NULL DEFAULT 0,
  is_command INTEGER NOT NULL DEFAULT 0,
  UNIQUE (chat_jid, id)
);

CREATE INDEX messages_by_chat ON messages (chat_jid, seq);
CREATE INDEX messages_to_answer ON messages (chat_jid, seq) WHERE triggered = 1;

CREATE TABLE registered_groups (
  jid TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  folder TEXT NOT NULL UNIQUE COLLATE NOCASE,
  trigger_pattern TEXT,
  added_at TEXT NOT NULL,
  container_config TEXT,
  requires_trigger INTEGER NOT NULL DEFAULT 1,
  is_main INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE scheduled_tasks (
  id TEXT NOT NULL PRIMARY KEY,
  group_folder TEXT NOT NULL,
  chat_jid TEXT NOT NULL,
  prompt TEXT NOT NULL,
  schedule_type TEXT NOT NULL,
  schedule_value TEXT NOT NULL,
  context_mode TEXT NOT NULL,
  next_run TEXT,
  last_run TEXT,
  last_result TEXT,
  status TEXT NOT NULL,
  created_at TEXT NOT NULL
);

CREATE INDEX scheduled_tasks_due ON scheduled_tasks (status, next_run);

CREATE TABLE task_run_logs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  task_id TEXT NOT NULL,
  run_at TEXT NOT NULL,
  duration_ms INTEGER,
  status TEXT NOT NULL,
  result TEXT,
  error TEXT
);

CREATE INDEX task_run_logs_by_task ON task_run_logs (task_id, run_at);

CREATE TABLE router_state (
  key TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
);

CREATE TABLE sessions (
  group_folder TEXT NOT NULL PRIMARY KEY,
  session_id TEXT NOT NULL
);

-- One container's life. `output_read`: position in its output behind the last frame that was taken. `keeps_session`:
-- its session is the group's; 0 after the owner asked for a new one.
CREATE TABLE agent_runs (
  run_id TEXT NOT NULL PRIMARY KEY,
  group_folder TEXT NOT NULL,
  context TEXT NOT NULL,
  container TEXT NOT NULL UNIQUE,
  engine TEXT NOT NULL,
  nonce TEXT NOT NULL,
  state TEXT NOT NULL,
  output_read INTEGER NOT NULL DEFAULT 0,
  turn_since TEXT,
  keeps_session INTEGER NOT NULL DEFAULT 1,
  started_at TEXT NOT NULL,
  ended_at TEXT,
  end_reason TEXT,
  exit_code INTEGER
);

CREATE INDEX agent_runs_open ON agent_runs (state) WHERE state <> 'ended';

-- A batch of messages (from_seq to to_seq of the group's chat), or one run of a task, given to an agent in one piece.
CREATE TABLE agent_inputs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  group_folder TEXT NOT NULL,
  from_seq INTEGER,
  to_seq INTEGER,
  task_run_id INTEGER REFERENCES task_run_logs (id),
  run_id TEXT REFERENCES agent_runs (run_id),
  state TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  next_attempt TEXT,
  error TEXT,
  created_at TEXT NOT NULL,
  CHECK ((to_seq IS NULL) <> (task_run_id IS NULL))
);

CREATE INDEX agent_inputs_by_group ON agent_inputs (group_folder, to_seq);
CREATE INDEX agent_inputs_open ON agent_inputs (group_folder, state) WHERE state IN ('pending', 'claimed');

-- What is to be said in chats. `message_id` is chosen here, before the first try, and kept through all of them.
CREATE TABLE outbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  source TEXT NOT NULL,
  source_id TEXT NOT NULL,
  part INTEGER NOT NULL,
  chat_jid TEXT NOT NULL,
  text TEXT NOT NULL,
  message_id TEXT NOT NULL UNIQUE,
  reply_to TEXT,
  state TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  next_attempt TEXT,
  error TEXT,
  created_at TEXT NOT NULL,
  sent_at TEXT,
  UNIQUE (source, source_id, part)
);

CREATE INDEX outbox_open ON outbox (chat_jid, id) WHERE state IN ('pending', 'sending');

CREATE TABLE dead_letters (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  input_id INTEGER NOT NULL REFERENCES agent_inputs (id),
  group_folder TEXT NOT NULL,
  chat_jid TEXT NOT NULL,
  reason TEXT NOT NULL,
  created_at TEXT NOT NULL
);

CREATE TABLE group_settings (
  folder TEXT NOT NULL PRIMARY KEY COLLATE NOCASE,
  network TEXT,
  allow TEXT
);

-- Since when a container waits for more to do, so that its idle time outlives the host.
ALTER TABLE agent_runs ADD COLUMN waiting_since TEXT;

-- What was said in a chat since an input was given out for the first time.
CREATE INDEX outbox_by_chat ON outbox (chat_jid, created_at);

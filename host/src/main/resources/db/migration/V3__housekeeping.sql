-- Before a row goes, SQLite looks for rows that refer to it: without these, through the whole table.
CREATE INDEX agent_inputs_by_run ON agent_inputs (run_id);
CREATE INDEX dead_letters_by_input ON dead_letters (input_id);

CREATE INDEX outbox_dead ON outbox (id) WHERE state = 'dead';

-- The model calls of threads, in the order of their times. A call goes with its thread, after its sums were taken.
CREATE TABLE step_usage (
    thread_id BLOB NOT NULL,
    at INTEGER NOT NULL,
    id BLOB NOT NULL,
    turn_id BLOB NOT NULL,
    project_id BLOB NOT NULL,
    agent_id BLOB NOT NULL,
    -- The key that sent the turn's first message.
    key_id BLOB,
    provider TEXT,
    model TEXT NOT NULL,
    input INTEGER NOT NULL,
    cache_read INTEGER NOT NULL,
    cache_write INTEGER NOT NULL,
    cache_write_1h INTEGER NOT NULL,
    output INTEGER NOT NULL,
    reasoning INTEGER NOT NULL,
    -- Picodollars. Null: the price is unknown.
    cost INTEGER,
    failed INTEGER NOT NULL,
    -- Whether usage_sums has the call.
    rolled INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (thread_id, at, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX step_usage_new ON step_usage (project_id, thread_id, at, id) WHERE NOT rolled;
-- The sums of calls by day (UTC, days since 1970-01-01), agent, key and model. They stay when threads are deleted.
CREATE TABLE usage_sums (
    project_id BLOB NOT NULL,
    day INTEGER NOT NULL,
    agent_id BLOB NOT NULL,
    -- Nil: calls for messages that no key sent.
    key_id BLOB NOT NULL,
    -- Empty: echo and scripted.
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    calls INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    unpriced INTEGER NOT NULL,
    input INTEGER NOT NULL,
    cache_read INTEGER NOT NULL,
    cache_write INTEGER NOT NULL,
    cache_write_1h INTEGER NOT NULL,
    output INTEGER NOT NULL,
    reasoning INTEGER NOT NULL,
    cost INTEGER NOT NULL,
    PRIMARY KEY (project_id, day, agent_id, key_id, provider, model)
) STRICT, WITHOUT ROWID;
-- The sums of a thread's and a turn's calls, as JSON. Null: none.
ALTER TABLE threads ADD COLUMN spent TEXT;
ALTER TABLE turns ADD COLUMN spent TEXT;

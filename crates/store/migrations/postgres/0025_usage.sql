-- The model calls of threads, in the order of their times. A call goes with its thread, after its sums were taken.
CREATE TABLE step_usage (
    thread_id UUID NOT NULL,
    at BIGINT NOT NULL,
    id UUID NOT NULL,
    turn_id UUID NOT NULL,
    project_id UUID NOT NULL,
    agent_id UUID NOT NULL,
    -- The key that sent the turn's first message.
    key_id UUID,
    provider TEXT,
    model TEXT NOT NULL,
    input BIGINT NOT NULL,
    cache_read BIGINT NOT NULL,
    cache_write BIGINT NOT NULL,
    cache_write_1h BIGINT NOT NULL,
    output BIGINT NOT NULL,
    reasoning BIGINT NOT NULL,
    -- Picodollars. Null: the price is unknown.
    cost BIGINT,
    failed BOOLEAN NOT NULL,
    -- Whether usage_sums has the call.
    rolled BOOLEAN NOT NULL DEFAULT FALSE,
    PRIMARY KEY (thread_id, at, id)
);
CREATE INDEX step_usage_new ON step_usage (project_id, thread_id, at, id) WHERE NOT rolled;
-- The sums of calls by day (UTC, days since 1970-01-01), agent, key and model. They stay when threads are deleted.
CREATE TABLE usage_sums (
    project_id UUID NOT NULL,
    day BIGINT NOT NULL,
    agent_id UUID NOT NULL,
    -- Nil: calls for messages that no key sent.
    key_id UUID NOT NULL,
    -- Empty: echo and scripted.
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    calls BIGINT NOT NULL,
    failed BIGINT NOT NULL,
    unpriced BIGINT NOT NULL,
    input BIGINT NOT NULL,
    cache_read BIGINT NOT NULL,
    cache_write BIGINT NOT NULL,
    cache_write_1h BIGINT NOT NULL,
    output BIGINT NOT NULL,
    reasoning BIGINT NOT NULL,
    cost BIGINT NOT NULL,
    PRIMARY KEY (project_id, day, agent_id, key_id, provider, model)
);
-- The sums of a thread's and a turn's calls, as JSON. Null: none.
ALTER TABLE threads ADD COLUMN spent TEXT;
ALTER TABLE turns ADD COLUMN spent TEXT;

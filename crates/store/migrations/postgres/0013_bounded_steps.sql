-- Deleted threads of which something is left: nobody sees them, and a service removes the rest step by step.
CREATE TABLE removals (
    thread_id UUID NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL,
    due_at BIGINT NOT NULL
);
CREATE INDEX removals_due ON removals(due_at);

-- Forks that are being made: the copies stand in the log of `thread_id`, whose head belongs to no project until all are there.
-- Copied are the messages of `from_id` up to entry `last_seq`, so far those up to `copied_seq`.
CREATE TABLE forks (
    thread_id UUID NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL,
    from_id UUID NOT NULL,
    last_seq BIGINT NOT NULL,
    copied_seq BIGINT NOT NULL,
    due_at BIGINT NOT NULL
);
CREATE INDEX forks_due ON forks(due_at);

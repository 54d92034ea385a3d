-- What a row of a list shows without the log: the newest words. `active` counts ten minutes up to the newest entry, so that an index finds
-- what moved and a message seldom writes it. `idle_s`: after how long a held thread is overdue.
ALTER TABLE threads ADD COLUMN last_words TEXT;
ALTER TABLE threads ADD COLUMN active BIGINT NOT NULL DEFAULT 0;
ALTER TABLE threads ADD COLUMN idle_s BIGINT;
UPDATE threads SET active = last_at / 600000000;
CREATE INDEX threads_active ON threads (project_id, active);
CREATE INDEX threads_awaited ON threads (project_id, COALESCE(unanswered_since, 9223372036854775807), id)
    WHERE held_since IS NOT NULL OR wanted IS NOT NULL;

-- How far each member has read a thread.
CREATE TABLE thread_seen (
    thread_id UUID NOT NULL,
    member_id UUID NOT NULL,
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (thread_id, member_id)
);

-- Texts that members send again and again.
CREATE TABLE saved_replies (
    id UUID NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL,
    name TEXT NOT NULL,
    text TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (project_id, name)
);

-- `events` is a list of types, or absent for all. `disabled` says why it is told nothing.
CREATE TABLE webhooks (
    id UUID NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL,
    url TEXT NOT NULL,
    dialect TEXT NOT NULL,
    events TEXT,
    description TEXT,
    generation BIGINT NOT NULL,
    overlap_ends_at BIGINT,
    authorization_value TEXT,
    disabled TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX webhooks_project ON webhooks(project_id, id);

-- What a webhook is owed of a thread: its entries from `next_seq` on. No row: nothing. `claim` names who is sending.
CREATE TABLE webhook_backlogs (
    webhook_id UUID NOT NULL,
    thread_id UUID NOT NULL,
    project_id UUID NOT NULL,
    next_seq BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    since BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    claim UUID,
    PRIMARY KEY (webhook_id, thread_id)
);
CREATE INDEX webhook_backlogs_due ON webhook_backlogs(webhook_id, due_at);

CREATE TABLE webhook_postings (
    id UUID NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL,
    webhook_id UUID NOT NULL,
    thread_id UUID NOT NULL,
    seq BIGINT NOT NULL,
    event TEXT NOT NULL,
    number BIGINT NOT NULL,
    replayed BOOLEAN NOT NULL,
    outcome TEXT NOT NULL,
    status BIGINT,
    error TEXT,
    duration_ms BIGINT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX webhook_postings_webhook ON webhook_postings(webhook_id, id);

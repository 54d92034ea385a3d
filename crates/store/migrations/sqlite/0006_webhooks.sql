-- `events` is a list of types, or absent for all. `disabled` says why it is told nothing.
CREATE TABLE webhooks (
    id BLOB NOT NULL PRIMARY KEY,
    project_id BLOB NOT NULL,
    url TEXT NOT NULL,
    dialect TEXT NOT NULL,
    events TEXT,
    description TEXT,
    generation INTEGER NOT NULL,
    overlap_ends_at INTEGER,
    authorization_value TEXT,
    disabled TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX webhooks_project ON webhooks(project_id, id);

-- What a webhook is owed of a thread: its entries from `next_seq` on. No row: nothing. `claim` names who is sending.
CREATE TABLE webhook_backlogs (
    webhook_id BLOB NOT NULL,
    thread_id BLOB NOT NULL,
    project_id BLOB NOT NULL,
    next_seq INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    since INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    claim BLOB,
    PRIMARY KEY (webhook_id, thread_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX webhook_backlogs_due ON webhook_backlogs(webhook_id, due_at);

CREATE TABLE webhook_postings (
    id BLOB NOT NULL PRIMARY KEY,
    project_id BLOB NOT NULL,
    webhook_id BLOB NOT NULL,
    thread_id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    event TEXT NOT NULL,
    number INTEGER NOT NULL,
    replayed INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    status INTEGER,
    error TEXT,
    duration_ms INTEGER NOT NULL,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX webhook_postings_webhook ON webhook_postings(webhook_id, id);

-- Ids are UUIDs, times are microseconds since 1970, documents are JSON text that SQL never looks into.

CREATE TABLE installation (
    secret BLOB NOT NULL
) STRICT;

CREATE TABLE projects (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE keys (
    id BLOB NOT NULL PRIMARY KEY,
    project_id BLOB NOT NULL,
    name TEXT NOT NULL,
    hash BLOB NOT NULL UNIQUE,
    scopes TEXT NOT NULL,
    prefix TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX keys_project ON keys(project_id, id);

CREATE TABLE members (
    id BLOB NOT NULL PRIMARY KEY,
    project_id BLOB NOT NULL,
    email TEXT NOT NULL,
    name TEXT,
    created_at INTEGER NOT NULL,
    UNIQUE (project_id, email)
) STRICT, WITHOUT ROWID;

CREATE TABLE customers (
    id BLOB NOT NULL PRIMARY KEY,
    project_id BLOB NOT NULL,
    external_id TEXT,
    created_at INTEGER NOT NULL,
    UNIQUE (project_id, external_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE contacts (
    id BLOB NOT NULL PRIMARY KEY,
    project_id BLOB NOT NULL,
    customer_id BLOB NOT NULL,
    address TEXT NOT NULL,
    UNIQUE (project_id, address)
) STRICT, WITHOUT ROWID;
CREATE INDEX contacts_customer ON contacts(customer_id);

CREATE TABLE agents (
    id BLOB NOT NULL PRIMARY KEY,
    project_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    name TEXT NOT NULL,
    settings TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    archived_at INTEGER,
    UNIQUE (project_id, number),
    UNIQUE (project_id, name)
) STRICT, WITHOUT ROWID;

-- The head of a log. `last_seq` is the order of everything in it: nothing else hands out positions.
CREATE TABLE threads (
    id BLOB NOT NULL PRIMARY KEY,
    project_id BLOB NOT NULL,
    agent_id BLOB NOT NULL,
    title TEXT,
    metadata TEXT NOT NULL,
    last_seq INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    closed TEXT,
    window_s INTEGER,
    window_ends_at INTEGER,
    ticket TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX threads_project ON threads(project_id, id);

CREATE TABLE thread_customers (
    thread_id BLOB NOT NULL,
    customer_id BLOB NOT NULL,
    project_id BLOB NOT NULL,
    PRIMARY KEY (thread_id, customer_id)
) STRICT, WITHOUT ROWID;

-- A message is an entry of the log: the same thread and seq stand in `events`.
CREATE TABLE messages (
    thread_id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    id BLOB NOT NULL UNIQUE,
    turn_id BLOB,
    role TEXT NOT NULL,
    listed INTEGER NOT NULL,
    author TEXT NOT NULL,
    body TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (thread_id, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
    thread_id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    turn_id BLOB,
    kind TEXT NOT NULL,
    data TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (thread_id, seq)
) STRICT, WITHOUT ROWID;

-- Unfinished text, beside the log: only of the thread's running turn, gone when its message completes.
CREATE TABLE deltas (
    thread_id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    n INTEGER NOT NULL,
    turn_id BLOB NOT NULL,
    attempt INTEGER NOT NULL,
    message_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    begins INTEGER NOT NULL,
    text TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (thread_id, seq, n)
) STRICT, WITHOUT ROWID;

-- `first_seq`: its first message; whatever belongs to the turn comes no earlier in the log.
-- `due_at`: when a worker may claim it. A queued turn that is its thread's next: at once. A running one: when its lease ends.
CREATE TABLE turns (
    id BLOB NOT NULL PRIMARY KEY,
    project_id BLOB NOT NULL,
    thread_id BLOB NOT NULL,
    agent_id BLOB NOT NULL,
    state TEXT NOT NULL,
    place INTEGER NOT NULL,
    policy TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    worker_id BLOB,
    due_at INTEGER,
    controls TEXT NOT NULL,
    first_seq INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    ended_at INTEGER,
    reason TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX turns_open ON turns(thread_id, place, state) WHERE state IN ('queued', 'running', 'waiting');
CREATE UNIQUE INDEX turns_active ON turns(thread_id) WHERE state IN ('running', 'waiting');
CREATE INDEX turns_due ON turns(due_at) WHERE due_at IS NOT NULL;

-- `scope` is the thread, the operation or empty, as the kind says; `thread_id` is where the key's message is, and both go together.
CREATE TABLE origin_keys (
    project_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    thread_id BLOB,
    answer TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (project_id, kind, scope, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX origin_keys_thread ON origin_keys(thread_id) WHERE thread_id IS NOT NULL;
CREATE INDEX origin_keys_age ON origin_keys(created_at) WHERE thread_id IS NULL;

-- The bytes are a file named by its hash; here is who may see it, and under what name.
CREATE TABLE attachments (
    id BLOB NOT NULL PRIMARY KEY,
    project_id BLOB NOT NULL,
    hash BLOB NOT NULL,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE snapshots (
    id BLOB NOT NULL PRIMARY KEY,
    project_id BLOB NOT NULL,
    key_id BLOB NOT NULL,
    name TEXT NOT NULL,
    domains TEXT NOT NULL,
    is_default INTEGER NOT NULL,
    is_private INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX snapshots_project ON snapshots(project_id, id);

-- Live cookies: apart, so that no list can show them.
CREATE TABLE snapshot_states (
    snapshot_id BLOB NOT NULL PRIMARY KEY,
    project_id BLOB NOT NULL,
    state TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE deliveries (
    id BLOB NOT NULL PRIMARY KEY,
    project_id BLOB NOT NULL,
    thread_id BLOB NOT NULL,
    message_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX deliveries_message ON deliveries(message_id);
CREATE INDEX deliveries_thread ON deliveries(thread_id);

CREATE TABLE reminders (
    thread_id BLOB NOT NULL PRIMARY KEY,
    project_id BLOB NOT NULL,
    delay_s INTEGER NOT NULL,
    number_left INTEGER NOT NULL,
    due_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX reminders_due ON reminders(due_at);

CREATE TABLE audit (
    id BLOB NOT NULL PRIMARY KEY,
    project_id BLOB NOT NULL,
    key_id BLOB NOT NULL,
    action TEXT NOT NULL,
    member_id BLOB,
    thread_id BLOB,
    message_id BLOB,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX audit_project ON audit(project_id, id);

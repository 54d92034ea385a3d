-- Ids are UUIDs, times are microseconds since 1970, documents are JSON text that SQL never looks into.

CREATE TABLE installation (
    secret BYTEA NOT NULL
);

CREATE TABLE projects (
    id UUID NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    created_at BIGINT NOT NULL
);

CREATE TABLE keys (
    id UUID NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL,
    name TEXT NOT NULL,
    hash BYTEA NOT NULL UNIQUE,
    scopes TEXT NOT NULL,
    prefix TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT
);
CREATE INDEX keys_project ON keys(project_id, id);

CREATE TABLE members (
    id UUID NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL,
    email TEXT NOT NULL,
    name TEXT,
    created_at BIGINT NOT NULL,
    UNIQUE (project_id, email)
);

CREATE TABLE customers (
    id UUID NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL,
    external_id TEXT,
    created_at BIGINT NOT NULL,
    UNIQUE (project_id, external_id)
);

CREATE TABLE contacts (
    id UUID NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL,
    customer_id UUID NOT NULL,
    address TEXT NOT NULL,
    UNIQUE (project_id, address)
);
CREATE INDEX contacts_customer ON contacts(customer_id);

CREATE TABLE agents (
    id UUID NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL,
    number BIGINT NOT NULL,
    name TEXT NOT NULL,
    settings TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    archived_at BIGINT,
    UNIQUE (project_id, number),
    UNIQUE (project_id, name)
);

-- The head of a log. `last_seq` is the order of everything in it: nothing else hands out positions.
CREATE TABLE threads (
    id UUID NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL,
    agent_id UUID NOT NULL,
    title TEXT,
    metadata TEXT NOT NULL,
    last_seq BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    closed TEXT,
    window_s BIGINT,
    window_ends_at BIGINT,
    ticket TEXT NOT NULL
);
CREATE INDEX threads_project ON threads(project_id, id);

CREATE TABLE thread_customers (
    thread_id UUID NOT NULL,
    customer_id UUID NOT NULL,
    project_id UUID NOT NULL,
    PRIMARY KEY (thread_id, customer_id)
);

-- A message is an entry of the log: the same thread and seq stand in `events`.
CREATE TABLE messages (
    thread_id UUID NOT NULL,
    seq BIGINT NOT NULL,
    id UUID NOT NULL UNIQUE,
    turn_id UUID,
    role TEXT NOT NULL,
    listed BOOLEAN NOT NULL,
    author TEXT NOT NULL,
    body TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (thread_id, seq)
);

CREATE TABLE events (
    thread_id UUID NOT NULL,
    seq BIGINT NOT NULL,
    turn_id UUID,
    kind TEXT NOT NULL,
    data TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (thread_id, seq)
);

-- Unfinished text, beside the log: only of the thread's running turn, gone when its message completes.
CREATE TABLE deltas (
    thread_id UUID NOT NULL,
    seq BIGINT NOT NULL,
    n BIGINT NOT NULL,
    turn_id UUID NOT NULL,
    attempt BIGINT NOT NULL,
    message_id UUID NOT NULL,
    kind TEXT NOT NULL,
    begins BIGINT NOT NULL,
    text TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (thread_id, seq, n)
);

-- `first_seq`: its first message; whatever belongs to the turn comes no earlier in the log.
-- `due_at`: when a worker may claim it. A queued turn that is its thread's next: at once. A running one: when its lease ends.
CREATE TABLE turns (
    id UUID NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL,
    thread_id UUID NOT NULL,
    agent_id UUID NOT NULL,
    state TEXT NOT NULL,
    place BIGINT NOT NULL,
    policy TEXT NOT NULL,
    attempt BIGINT NOT NULL,
    worker_id UUID,
    due_at BIGINT,
    controls TEXT NOT NULL,
    first_seq BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    started_at BIGINT,
    ended_at BIGINT,
    reason TEXT
);
CREATE INDEX turns_open ON turns(thread_id, place, state) WHERE state IN ('queued', 'running', 'waiting');
CREATE UNIQUE INDEX turns_active ON turns(thread_id) WHERE state IN ('running', 'waiting');
CREATE INDEX turns_due ON turns(due_at) WHERE due_at IS NOT NULL;

-- `scope` is the thread, the operation or empty, as the kind says; `thread_id` is where the key's message is, and both go together.
CREATE TABLE origin_keys (
    project_id UUID NOT NULL,
    kind TEXT NOT NULL,
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint BYTEA NOT NULL,
    thread_id UUID,
    answer TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (project_id, kind, scope, key)
);
CREATE INDEX origin_keys_thread ON origin_keys(thread_id) WHERE thread_id IS NOT NULL;
CREATE INDEX origin_keys_age ON origin_keys(created_at) WHERE thread_id IS NULL;

-- The bytes are a file named by its hash; here is who may see it, and under what name.
CREATE TABLE attachments (
    id UUID NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL,
    hash BYTEA NOT NULL,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE snapshots (
    id UUID NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL,
    key_id UUID NOT NULL,
    name TEXT NOT NULL,
    domains TEXT NOT NULL,
    is_default BOOLEAN NOT NULL,
    is_private BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX snapshots_project ON snapshots(project_id, id);

-- Live cookies: apart, so that no list can show them.
CREATE TABLE snapshot_states (
    snapshot_id UUID NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL,
    state TEXT NOT NULL
);

CREATE TABLE deliveries (
    id UUID NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL,
    thread_id UUID NOT NULL,
    message_id UUID NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX deliveries_message ON deliveries(message_id);
CREATE INDEX deliveries_thread ON deliveries(thread_id);

CREATE TABLE reminders (
    thread_id UUID NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL,
    delay_s BIGINT NOT NULL,
    number_left BIGINT NOT NULL,
    due_at BIGINT NOT NULL
);
CREATE INDEX reminders_due ON reminders(due_at);

CREATE TABLE audit (
    id UUID NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL,
    key_id UUID NOT NULL,
    action TEXT NOT NULL,
    member_id UUID,
    thread_id UUID,
    message_id UUID,
    at BIGINT NOT NULL
);
CREATE INDEX audit_project ON audit(project_id, id);

-- What a thread has for its guests. Tokens of another generation are void. `customer_id`: the customer whom the agent's guest secret
-- has named. `contact`: what the guest says about themselves, as JSON; nobody has checked it.
CREATE TABLE guest_threads (
    thread_id BLOB NOT NULL PRIMARY KEY,
    project_id BLOB NOT NULL,
    -- The number after the generation, in the form of an id, so that one statement compares it with the ids of credentials.
    generation BLOB NOT NULL,
    agent_id BLOB,
    customer_id BLOB,
    contact TEXT,
    -- The files that guests have sent, so that one statement bounds them.
    files INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX guest_threads_customer ON guest_threads (project_id, agent_id, customer_id, thread_id) WHERE customer_id IS NOT NULL;
-- The secrets with which a project's own server signs the identities of guests, sealed. The former one is good until its time.
CREATE TABLE guest_secrets (
    agent_id BLOB NOT NULL,
    project_id BLOB NOT NULL,
    secret TEXT NOT NULL,
    former TEXT NOT NULL DEFAULT '',
    former_until INTEGER,
    PRIMARY KEY (project_id, agent_id)
) STRICT, WITHOUT ROWID;

-- What a thread has for its guests. Tokens of another generation are void. `customer_id`: the customer whom the agent's guest secret
-- has named. `contact`: what the guest says about themselves, as JSON; nobody has checked it.
CREATE TABLE guest_threads (
    thread_id UUID NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL,
    -- The number after the generation, in the form of an id, so that one statement compares it with the ids of credentials.
    generation UUID NOT NULL,
    agent_id UUID,
    customer_id UUID,
    contact TEXT,
    -- The files that guests have sent, so that one statement bounds them.
    files BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX guest_threads_customer ON guest_threads (project_id, agent_id, customer_id, thread_id) WHERE customer_id IS NOT NULL;
-- The secrets with which a project's own server signs the identities of guests, sealed. The former one is good until its time.
CREATE TABLE guest_secrets (
    agent_id UUID NOT NULL,
    project_id UUID NOT NULL,
    secret TEXT NOT NULL,
    former TEXT NOT NULL DEFAULT '',
    former_until BIGINT,
    PRIMARY KEY (project_id, agent_id)
);

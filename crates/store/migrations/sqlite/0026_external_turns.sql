-- Turns of external agents, beside their rows in `turns`: since when a program may claim one, when the server acts by itself, and the
-- program's last call with its answer.
CREATE TABLE external_turns (
    turn_id BLOB NOT NULL PRIMARY KEY,
    project_id BLOB NOT NULL,
    agent_id BLOB NOT NULL,
    thread_id BLOB NOT NULL,
    offered_at INTEGER,
    alarm_at INTEGER,
    attempt INTEGER NOT NULL,
    n INTEGER NOT NULL,
    fingerprint BLOB,
    answer TEXT,
    progress TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX external_turns_offered ON external_turns (project_id, agent_id, offered_at) WHERE offered_at IS NOT NULL;
CREATE INDEX external_turns_alarm ON external_turns (alarm_at) WHERE alarm_at IS NOT NULL;
CREATE INDEX external_turns_thread ON external_turns (thread_id);

-- The external agents whose program has the key.
CREATE TABLE key_agents (
    key_id BLOB NOT NULL,
    agent_id BLOB NOT NULL,
    project_id BLOB NOT NULL,
    PRIMARY KEY (key_id, agent_id)
) STRICT, WITHOUT ROWID;

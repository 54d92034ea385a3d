-- What an act changed, by its id or name: a key, a webhook, an agent, a provider, a member. Older lines have none.
ALTER TABLE audit ADD COLUMN object TEXT;

-- The newest changes of each agent: who made one, and the agent as it was before.
CREATE TABLE agent_changes (
    id BLOB NOT NULL PRIMARY KEY,
    project_id BLOB NOT NULL,
    agent_id BLOB NOT NULL,
    key_id BLOB NOT NULL,
    member_id BLOB,
    at INTEGER NOT NULL,
    name TEXT NOT NULL,
    archived INTEGER NOT NULL,
    settings TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX agent_changes_agent ON agent_changes (agent_id, id);

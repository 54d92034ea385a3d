-- What an act changed, by its id or name: a key, a webhook, an agent, a provider, a member. Older lines have none.
ALTER TABLE audit ADD COLUMN object TEXT;

-- The newest changes of each agent: who made one, and the agent as it was before.
CREATE TABLE agent_changes (
    id UUID NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL,
    agent_id UUID NOT NULL,
    key_id UUID NOT NULL,
    member_id UUID,
    at BIGINT NOT NULL,
    name TEXT NOT NULL,
    archived BIGINT NOT NULL,
    settings TEXT NOT NULL
);
CREATE INDEX agent_changes_agent ON agent_changes (agent_id, id);

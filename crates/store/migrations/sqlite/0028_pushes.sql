-- The server's own claims of turns whose agent has an endpoint: when the turn is to be pushed, how often it was, and since when it waits
-- for a program's first call.
ALTER TABLE external_turns ADD COLUMN push_at INTEGER;
ALTER TABLE external_turns ADD COLUMN push_tries INTEGER NOT NULL DEFAULT 0;
ALTER TABLE external_turns ADD COLUMN push_since INTEGER;
CREATE INDEX external_turns_push ON external_turns (project_id, agent_id, push_at) WHERE push_at IS NOT NULL;

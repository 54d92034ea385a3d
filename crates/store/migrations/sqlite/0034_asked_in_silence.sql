-- When the thread's agent last asked for a person in silence by itself, because it may not do so again soon.
ALTER TABLE threads ADD COLUMN agent_silent_at INTEGER;

-- Who speaks in a thread: since when its assignee holds it, the request for a person with the end of the agent's silence, the first
-- message that is unanswered, and the first entry about people that models read.
ALTER TABLE threads ADD COLUMN held_since INTEGER;
ALTER TABLE threads ADD COLUMN assignee_id BLOB;
ALTER TABLE threads ADD COLUMN wanted TEXT;
ALTER TABLE threads ADD COLUMN silent_until INTEGER;
ALTER TABLE threads ADD COLUMN unanswered_since INTEGER;
ALTER TABLE threads ADD COLUMN unanswered_seq INTEGER;
ALTER TABLE threads ADD COLUMN people_seq INTEGER;
CREATE INDEX threads_silent ON threads (silent_until) WHERE silent_until IS NOT NULL;
CREATE INDEX threads_assigned ON threads (assignee_id, project_id) WHERE assignee_id IS NOT NULL;

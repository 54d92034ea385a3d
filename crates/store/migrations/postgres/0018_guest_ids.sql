-- By what guests know an agent: an id that nobody chooses. An agent that had its own id before any other project's agent keeps it as
-- the id for its guests; all others get a random one (UUID, version 4). `lets_guests_in`: the setting `guests` is there.
ALTER TABLE agents ADD COLUMN guest_id UUID;
ALTER TABLE agents ADD COLUMN lets_guests_in BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE agents SET lets_guests_in = TRUE WHERE (settings::json -> 'guests') IS NOT NULL;
UPDATE agents SET guest_id = id WHERE lets_guests_in AND NOT EXISTS (
    SELECT 1 FROM agents o WHERE o.id = agents.id
    AND (o.created_at < agents.created_at OR (o.created_at = agents.created_at AND o.project_id < agents.project_id)));
UPDATE agents SET guest_id = gen_random_uuid() WHERE lets_guests_in AND guest_id IS NULL;
CREATE UNIQUE INDEX agents_guest ON agents(guest_id) WHERE guest_id IS NOT NULL;
DROP INDEX agents_anywhere;

-- The only agent that the key is good for; null: it is good for the whole project.
ALTER TABLE keys ADD COLUMN agent_id UUID;

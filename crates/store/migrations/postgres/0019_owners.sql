-- A key may replace another, and is of the same line then: `line_id` is the first of it, null for a key that replaces none.
ALTER TABLE keys ADD COLUMN replaces_id UUID;
ALTER TABLE keys ADD COLUMN line_id UUID;
-- Whose thread it is among the programs that have one agent: the line of the key that began it; null: nobody's of them.
ALTER TABLE threads ADD COLUMN owner_line_id UUID;
-- Of those that are there: the agent's key that wrote first, where no customer takes part.
UPDATE threads SET owner_line_id = k.id FROM keys k
WHERE k.agent_id = threads.agent_id AND k.project_id = threads.project_id
  AND threads.participants LIKE CAST(k.id AS TEXT) || ' key %'
  AND NOT EXISTS (SELECT 1 FROM thread_customers c WHERE c.thread_id = threads.id);

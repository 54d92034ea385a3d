-- A key may replace another, and is of the same line then: `line_id` is the first of it, null for a key that replaces none.
ALTER TABLE keys ADD COLUMN replaces_id BLOB;
ALTER TABLE keys ADD COLUMN line_id BLOB;
-- Whose thread it is among the programs that have one agent: the line of the key that began it; null: nobody's of them.
ALTER TABLE threads ADD COLUMN owner_line_id BLOB;
-- Of those that are there: the agent's key that wrote first, where no customer takes part.
UPDATE threads SET owner_line_id = k.id FROM keys k
WHERE k.agent_id = threads.agent_id AND k.project_id = threads.project_id
  AND threads.participants LIKE lower(substr(hex(k.id), 1, 8) || '-' || substr(hex(k.id), 9, 4) || '-' || substr(hex(k.id), 13, 4)
      || '-' || substr(hex(k.id), 17, 4) || '-' || substr(hex(k.id), 21)) || ' key %'
  AND NOT EXISTS (SELECT 1 FROM thread_customers c WHERE c.thread_id = threads.id);

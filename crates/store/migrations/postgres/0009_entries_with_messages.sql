-- A message is an entry of its thread's log, and stands in its row. What reads messages reads them as before, through a view.
-- `message_turn_id` is the turn that answers the message: another one than the entry's after a retry.
ALTER TABLE events ADD COLUMN message_id UUID;
ALTER TABLE events ADD COLUMN message_turn_id UUID;
ALTER TABLE events ADD COLUMN role TEXT;
ALTER TABLE events ADD COLUMN listed BOOLEAN;
ALTER TABLE events ADD COLUMN author TEXT;
ALTER TABLE events ADD COLUMN body TEXT;
UPDATE events SET message_id = m.id, message_turn_id = m.turn_id, role = m.role, listed = m.listed, author = m.author, body = m.body
    FROM messages m WHERE m.thread_id = events.thread_id AND m.seq = events.seq;
DROP TABLE messages;
CREATE UNIQUE INDEX events_message ON events(message_id) WHERE message_id IS NOT NULL;
CREATE VIEW messages AS
    SELECT thread_id, seq, message_id AS id, message_turn_id AS turn_id, role, listed, author, body, at
    FROM events WHERE message_id IS NOT NULL;

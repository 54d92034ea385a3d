-- A message is an entry of its thread's log, and stands in its row. What reads messages reads them as before, through a view.
-- `message_turn_id` is the turn that answers the message: another one than the entry's after a retry.
ALTER TABLE events RENAME TO entries;
CREATE TABLE events (
    thread_id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    turn_id BLOB,
    kind TEXT NOT NULL,
    data TEXT NOT NULL,
    at INTEGER NOT NULL,
    message_id BLOB,
    message_turn_id BLOB,
    role TEXT,
    listed INTEGER,
    author TEXT,
    body TEXT,
    PRIMARY KEY (thread_id, seq)
) STRICT, WITHOUT ROWID;
INSERT INTO events (thread_id, seq, turn_id, kind, data, at, message_id, message_turn_id, role, listed, author, body)
    SELECT e.thread_id, e.seq, e.turn_id, e.kind, e.data, e.at, m.id, m.turn_id, m.role, m.listed, m.author, m.body
    FROM entries e LEFT JOIN messages m ON m.thread_id = e.thread_id AND m.seq = e.seq;
DROP TABLE entries;
DROP TABLE messages;
CREATE UNIQUE INDEX events_message ON events(message_id) WHERE message_id IS NOT NULL;
CREATE VIEW messages AS
    SELECT thread_id, seq, message_id AS id, message_turn_id AS turn_id, role, listed, author, body, at
    FROM events WHERE message_id IS NOT NULL;

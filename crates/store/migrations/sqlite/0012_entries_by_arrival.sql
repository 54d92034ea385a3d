-- Entries and unfinished text lie in the order of arrival, and are found by thread through an index. Where rows lay by thread,
-- each commit rewrote a page for every thread that had spoken. Old rows keep the order of threads.
DROP VIEW messages;
CREATE TABLE entries (
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
) STRICT;
INSERT INTO entries (thread_id, seq, turn_id, kind, data, at, message_id, message_turn_id, role, listed, author, body)
    SELECT thread_id, seq, turn_id, kind, data, at, message_id, message_turn_id, role, listed, author, body
    FROM events ORDER BY thread_id, seq;
DROP TABLE events;
ALTER TABLE entries RENAME TO events;
CREATE UNIQUE INDEX events_message ON events(message_id) WHERE message_id IS NOT NULL;
CREATE VIEW messages AS
    SELECT thread_id, seq, message_id AS id, message_turn_id AS turn_id, role, listed, author, body, at
    FROM events WHERE message_id IS NOT NULL;

CREATE TABLE unfinished (
    thread_id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    n INTEGER NOT NULL,
    turn_id BLOB NOT NULL,
    attempt INTEGER NOT NULL,
    message_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    begins INTEGER NOT NULL,
    text TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (thread_id, seq, n)
) STRICT;
INSERT INTO unfinished (thread_id, seq, n, turn_id, attempt, message_id, kind, begins, text, at)
    SELECT thread_id, seq, n, turn_id, attempt, message_id, kind, begins, text, at FROM deltas ORDER BY thread_id, seq, n;
DROP TABLE deltas;
ALTER TABLE unfinished RENAME TO deltas;

-- The answers of model calls as their providers made them, by the entry of the message.
CREATE TABLE blocks (
    thread_id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    blocks TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX blocks_of_thread ON blocks (thread_id, seq);

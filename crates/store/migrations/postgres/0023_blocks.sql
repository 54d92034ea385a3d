-- The answers of model calls as their providers made them, by the entry of the message.
CREATE TABLE blocks (
    thread_id UUID NOT NULL,
    seq BIGINT NOT NULL,
    blocks TEXT NOT NULL
);
CREATE UNIQUE INDEX blocks_of_thread ON blocks (thread_id, seq);

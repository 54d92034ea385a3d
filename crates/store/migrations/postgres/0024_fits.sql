-- The part of a thread that its models read, once the thread has outgrown a window.
CREATE TABLE fits (
    thread_id UUID PRIMARY KEY,
    fit TEXT NOT NULL
);

-- The part of a thread that its models read, once the thread has outgrown a window.
CREATE TABLE fits (
    thread_id BLOB PRIMARY KEY,
    fit TEXT NOT NULL
) STRICT, WITHOUT ROWID;

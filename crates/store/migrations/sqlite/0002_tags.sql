-- The tags that a project knows, each with the colour in which it is shown.
CREATE TABLE project_tags (
    project_id BLOB NOT NULL,
    name TEXT NOT NULL,
    color TEXT NOT NULL,
    PRIMARY KEY (project_id, name)
) STRICT, WITHOUT ROWID;

-- The tags of threads. A project need not know them.
CREATE TABLE thread_tags (
    thread_id BLOB NOT NULL,
    name TEXT NOT NULL,
    project_id BLOB NOT NULL,
    PRIMARY KEY (thread_id, name)
) STRICT, WITHOUT ROWID;

-- Who has written into the thread, in the order of first messages: a line each, `id kind first_at last_at`. In the head, which
-- every message writes anyway: a table of participants would be one more row to write for each of them.
ALTER TABLE threads ADD COLUMN participants TEXT NOT NULL DEFAULT '';

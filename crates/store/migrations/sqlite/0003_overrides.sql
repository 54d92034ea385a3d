-- What a thread has of its own, over and beside what its agent has. Most threads have nothing.
CREATE TABLE thread_overrides (
    thread_id BLOB NOT NULL PRIMARY KEY,
    project_id BLOB NOT NULL,
    overrides TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What clients set of an agent or a thread and nothing here acts on. Apart, so that no turn reads it.
CREATE TABLE extras (
    owner_id BLOB NOT NULL,
    project_id BLOB NOT NULL,
    extras TEXT NOT NULL,
    PRIMARY KEY (project_id, owner_id)
) STRICT, WITHOUT ROWID;

-- The thread that an upload was said to be for.
ALTER TABLE attachments ADD COLUMN thread_id BLOB;
CREATE INDEX attachments_project ON attachments(project_id, id);

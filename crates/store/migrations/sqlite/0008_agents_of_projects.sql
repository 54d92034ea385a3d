-- A client may choose the id of an agent. It is the project's own: another project's agent of the same id is another agent, and
-- nobody can find out whether there is one.
CREATE TABLE agents_of_projects (
    id BLOB NOT NULL,
    project_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    name TEXT NOT NULL,
    settings TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    archived_at INTEGER,
    PRIMARY KEY (project_id, id),
    UNIQUE (project_id, number),
    UNIQUE (project_id, name)
) STRICT, WITHOUT ROWID;
INSERT INTO agents_of_projects (id, project_id, number, name, settings, created_at, updated_at, archived_at)
    SELECT id, project_id, number, name, settings, created_at, updated_at, archived_at FROM agents;
DROP TABLE agents;
ALTER TABLE agents_of_projects RENAME TO agents;

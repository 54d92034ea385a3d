-- Providers and routes of projects. `api_key` is sealed. `settings` is the route as JSON.
CREATE TABLE providers (
    id BLOB NOT NULL PRIMARY KEY,
    project_id BLOB NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    base_url TEXT,
    wire TEXT,
    api_key TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX providers_name ON providers (project_id, name);

CREATE TABLE routes (
    project_id BLOB NOT NULL,
    name TEXT NOT NULL,
    settings TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (project_id, name)
) STRICT, WITHOUT ROWID;

-- Routes of the configuration, by name or pattern, that are switched off.
CREATE TABLE switched_routes (
    name TEXT NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Rises with each change of the three tables, so that every server reads them anew.
ALTER TABLE installation ADD COLUMN catalogue INTEGER NOT NULL DEFAULT 0;

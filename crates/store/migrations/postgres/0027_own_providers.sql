-- Providers and routes of projects. `api_key` is sealed. `settings` is the route as JSON.
CREATE TABLE providers (
    id UUID NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    base_url TEXT,
    wire TEXT,
    api_key TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX providers_name ON providers (project_id, name);

CREATE TABLE routes (
    project_id UUID NOT NULL,
    name TEXT NOT NULL,
    settings TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (project_id, name)
);

-- Routes of the configuration, by name or pattern, that are switched off.
CREATE TABLE switched_routes (
    name TEXT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL
);

-- Rises with each change of the three tables, so that every server reads them anew.
ALTER TABLE installation ADD COLUMN catalogue BIGINT NOT NULL DEFAULT 0;

-- The secrets of an agent's HTTP tools, as sealed JSON: for each tool its origin, its headers and its signing secret.
CREATE TABLE tool_secrets (
    agent_id BLOB NOT NULL,
    project_id BLOB NOT NULL,
    secrets TEXT NOT NULL,
    PRIMARY KEY (project_id, agent_id)
) STRICT, WITHOUT ROWID;

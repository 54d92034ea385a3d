-- Browsers that are signed in at the console, by the hash of their secret: with a key, or as a member.
CREATE TABLE sign_ins (
    id UUID NOT NULL PRIMARY KEY,
    hash BYTEA NOT NULL UNIQUE,
    project_id UUID NOT NULL,
    key_id UUID,
    member_id UUID,
    created_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sign_ins_project ON sign_ins (project_id, id);
CREATE INDEX sign_ins_ends ON sign_ins (ends_at);

-- Links that sign a member in once, by the hash of their secret.
CREATE TABLE sign_in_links (
    hash BYTEA NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL,
    member_id UUID NOT NULL,
    key_id UUID NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sign_in_links_expires ON sign_in_links (expires_at);

ALTER TABLE members ADD COLUMN role TEXT NOT NULL DEFAULT 'member';

-- Browsers that are signed in at the console, by the hash of their secret: with a key, or as a member.
CREATE TABLE sign_ins (
    id BLOB NOT NULL PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,
    project_id BLOB NOT NULL,
    key_id BLOB,
    member_id BLOB,
    created_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sign_ins_project ON sign_ins (project_id, id);
CREATE INDEX sign_ins_ends ON sign_ins (ends_at);

-- Links that sign a member in once, by the hash of their secret.
CREATE TABLE sign_in_links (
    hash BLOB NOT NULL PRIMARY KEY,
    project_id BLOB NOT NULL,
    member_id BLOB NOT NULL,
    key_id BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sign_in_links_expires ON sign_in_links (expires_at);

ALTER TABLE members ADD COLUMN role TEXT NOT NULL DEFAULT 'member';

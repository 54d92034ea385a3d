-- A search reads the messages of its project alone: their index begins with it, and finds a message by its id as well.
ALTER TABLE events ADD COLUMN project_id BLOB;
UPDATE events SET project_id = COALESCE(
    (SELECT f.project_id FROM forks f WHERE f.thread_id = events.thread_id),
    (SELECT t.project_id FROM threads t WHERE t.id = events.thread_id)
) WHERE message_id IS NOT NULL;
DROP INDEX events_message;
CREATE UNIQUE INDEX events_said ON events(project_id, message_id) WHERE message_id IS NOT NULL;
DROP VIEW messages;
CREATE VIEW messages AS
    SELECT thread_id, seq, message_id AS id, message_turn_id AS turn_id, role, listed, author, body, at, project_id
    FROM events WHERE message_id IS NOT NULL;

-- How many messages of a thread have something to read, and where every 128th of them stands.
ALTER TABLE threads ADD COLUMN listed INTEGER NOT NULL DEFAULT 0;
UPDATE threads SET listed = (SELECT COUNT(*) FROM events e WHERE e.thread_id = threads.id AND e.listed);
CREATE TABLE listed_marks (
    thread_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (thread_id, number)
) STRICT, WITHOUT ROWID;
INSERT INTO listed_marks (thread_id, number, seq)
    SELECT thread_id, number, seq FROM (
        SELECT thread_id, seq, ROW_NUMBER() OVER (PARTITION BY thread_id ORDER BY seq) AS number FROM events WHERE listed
    ) AS numbered WHERE number % 128 = 0;

-- From a tag to its threads.
CREATE INDEX thread_tags_name ON thread_tags(project_id, name, thread_id);

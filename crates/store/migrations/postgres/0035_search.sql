-- The index of searches. It only narrows: the server compares the texts. How far the messages and the titles of a project are indexed,
-- by id, and the number that begins its tokens.
CREATE TABLE search_projects (
    project_id UUID NOT NULL PRIMARY KEY,
    number BIGINT NOT NULL UNIQUE,
    messages_to UUID NOT NULL,
    titles_to UUID NOT NULL
);

-- The indexed texts: a message by its entry, the title of a thread with seq 0.
CREATE TABLE search_rows (
    thread_id UUID NOT NULL,
    seq BIGINT NOT NULL,
    doc_id UUID NOT NULL,
    tokens TEXT[] COLLATE "C" NOT NULL,
    UNIQUE (thread_id, seq)
);
CREATE INDEX search_rows_tokens ON search_rows USING GIN (tokens);
CREATE VIEW search_entries AS SELECT thread_id, seq, doc_id, tokens FROM search_rows;

-- Texts that the order of ids passes by: changed ones, and messages whose ids are older than their entries. `noted` counts the changes.
CREATE TABLE search_late (
    project_id UUID NOT NULL,
    thread_id UUID NOT NULL,
    seq BIGINT NOT NULL,
    doc_id UUID NOT NULL,
    noted BIGINT NOT NULL,
    PRIMARY KEY (project_id, thread_id, seq)
);

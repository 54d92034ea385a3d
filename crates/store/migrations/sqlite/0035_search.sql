-- The index of searches. It only narrows: the server compares the texts. How far the messages and the titles of a project are indexed,
-- by id, and the number that begins its tokens.
CREATE TABLE search_projects (
    project_id BLOB NOT NULL PRIMARY KEY,
    number INTEGER NOT NULL UNIQUE,
    messages_to BLOB NOT NULL,
    titles_to BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- The indexed texts: a message by its entry, the title of a thread with seq 0. The tokens are in the index beside.
CREATE TABLE search_rows (
    n INTEGER PRIMARY KEY,
    thread_id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    doc_id BLOB NOT NULL,
    UNIQUE (thread_id, seq)
) STRICT;
CREATE VIRTUAL TABLE search_index USING fts5(
    tokens, content='', contentless_delete=1, detail=none, tokenize="ascii tokenchars '.,_-'"
);
CREATE VIEW search_entries AS SELECT thread_id, seq, doc_id, '' AS tokens FROM search_rows;
CREATE TRIGGER search_entries_insert INSTEAD OF INSERT ON search_entries BEGIN
    INSERT INTO search_rows (thread_id, seq, doc_id) VALUES (NEW.thread_id, NEW.seq, NEW.doc_id);
    INSERT INTO search_index (rowid, tokens) VALUES (last_insert_rowid(), NEW.tokens);
END;
CREATE TRIGGER search_rows_delete AFTER DELETE ON search_rows BEGIN
    DELETE FROM search_index WHERE rowid = OLD.n;
END;

-- Texts that the order of ids passes by: changed ones, and messages whose ids are older than their entries. `noted` counts the changes.
CREATE TABLE search_late (
    project_id BLOB NOT NULL,
    thread_id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    doc_id BLOB NOT NULL,
    noted INTEGER NOT NULL,
    PRIMARY KEY (project_id, thread_id, seq)
) STRICT, WITHOUT ROWID;

-- A turn is open until it has ended. Asked by its state, of which three are open, SQLite made a table of the three each time a turn
-- was written.
DROP INDEX turns_open;
CREATE INDEX turns_open ON turns(thread_id, place, state) WHERE ended_at IS NULL;

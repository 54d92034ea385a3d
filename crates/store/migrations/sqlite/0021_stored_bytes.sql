-- Bytes of text that the thread has stored: its entries, and what was set for it alone. Null: of a thread that was there before they
-- were counted, until a service has counted them.
ALTER TABLE threads ADD COLUMN stored_bytes INTEGER;
-- As the deleted thread had them: given back once all of it is removed.
ALTER TABLE removals ADD COLUMN stored_bytes INTEGER NOT NULL DEFAULT 0;

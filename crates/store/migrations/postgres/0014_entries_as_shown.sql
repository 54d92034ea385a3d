-- The words of a message as its entry told them, once the message has been changed: an entry goes on to say what it said.
-- Absent: as they stand. Those that were changed before this stay as they are.
ALTER TABLE events ADD COLUMN shown TEXT;

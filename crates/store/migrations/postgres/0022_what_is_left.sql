-- Customers and webhooks are removed step by step, too: what is left may be of a thread or of one of them.
ALTER TABLE removals RENAME COLUMN thread_id TO owner_id;

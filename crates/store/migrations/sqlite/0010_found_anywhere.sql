-- What is looked up without a project: whether any attachment still has some bytes, and whose agent lets a guest in.
CREATE INDEX attachments_hash ON attachments(hash);
CREATE INDEX agents_anywhere ON agents(id, created_at);

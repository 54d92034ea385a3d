-- Turns that are due are looked for by project: one with many must not hide another's.
DROP INDEX turns_due;
CREATE INDEX turns_due ON turns(project_id, due_at) WHERE due_at IS NOT NULL;

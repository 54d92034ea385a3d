-- A client may choose the id of an agent. It is the project's own: another project's agent of the same id is another agent, and
-- nobody can find out whether there is one.
ALTER TABLE agents DROP CONSTRAINT agents_pkey, ADD PRIMARY KEY (project_id, id);

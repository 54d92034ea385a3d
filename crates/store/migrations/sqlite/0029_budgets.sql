-- The budgets of projects, keys and customers, as JSON. Those of agents and threads are in their own documents.
ALTER TABLE projects ADD COLUMN budgets TEXT;
ALTER TABLE keys ADD COLUMN budgets TEXT;
ALTER TABLE customers ADD COLUMN budgets TEXT;
-- Whether the project, a key or a customer of it has or had a budget.
ALTER TABLE projects ADD COLUMN budgeted INTEGER NOT NULL DEFAULT 0;
-- What nodes have drawn from budgets, by unit and period. Tokens, or picodollars.
CREATE TABLE budget_draws (
    project_id BLOB NOT NULL,
    owner TEXT NOT NULL,
    owner_id BLOB NOT NULL,
    per TEXT NOT NULL,
    unit TEXT NOT NULL,
    -- Days since 1970-01-01, months since the year 0, 0 for a turn.
    span INTEGER NOT NULL,
    drawn INTEGER NOT NULL,
    -- Whether a thread has an entry that tells that the budget comes to its end.
    alerted INTEGER NOT NULL DEFAULT 0,
    -- When the row is of no use.
    ends_at INTEGER NOT NULL,
    PRIMARY KEY (project_id, owner, owner_id, per, unit, span)
) STRICT, WITHOUT ROWID;
CREATE INDEX budget_draws_end ON budget_draws (ends_at);

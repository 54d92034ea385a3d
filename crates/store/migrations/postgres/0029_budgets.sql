-- The budgets of projects, keys and customers, as JSON. Those of agents and threads are in their own documents.
ALTER TABLE projects ADD COLUMN budgets TEXT;
ALTER TABLE keys ADD COLUMN budgets TEXT;
ALTER TABLE customers ADD COLUMN budgets TEXT;
-- Whether the project, a key or a customer of it has or had a budget.
ALTER TABLE projects ADD COLUMN budgeted BOOLEAN NOT NULL DEFAULT FALSE;
-- What nodes have drawn from budgets, by unit and period. Tokens, or picodollars.
CREATE TABLE budget_draws (
    project_id UUID NOT NULL,
    owner TEXT NOT NULL,
    owner_id UUID NOT NULL,
    per TEXT NOT NULL,
    unit TEXT NOT NULL,
    -- Days since 1970-01-01, months since the year 0, 0 for a turn.
    span BIGINT NOT NULL,
    drawn BIGINT NOT NULL,
    -- Whether a thread has an entry that tells that the budget comes to its end.
    alerted BOOLEAN NOT NULL DEFAULT FALSE,
    -- When the row is of no use.
    ends_at BIGINT NOT NULL,
    PRIMARY KEY (project_id, owner, owner_id, per, unit, span)
);
CREATE INDEX budget_draws_end ON budget_draws (ends_at);

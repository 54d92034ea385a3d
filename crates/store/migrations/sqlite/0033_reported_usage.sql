-- Whether the program of an external agent reported the call; the number of such calls of a sum.
ALTER TABLE step_usage ADD COLUMN reported INTEGER NOT NULL DEFAULT 0;
ALTER TABLE usage_sums ADD COLUMN reported INTEGER NOT NULL DEFAULT 0;

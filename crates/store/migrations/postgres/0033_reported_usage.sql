-- Whether the program of an external agent reported the call; the number of such calls of a sum.
ALTER TABLE step_usage ADD COLUMN reported BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE usage_sums ADD COLUMN reported BIGINT NOT NULL DEFAULT 0;

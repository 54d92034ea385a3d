-- Steps of the clock that were no time: from `at` it went on to `by_us` later at once. Ages leave them out.
CREATE TABLE clock_steps (
    at BIGINT NOT NULL PRIMARY KEY,
    by_us BIGINT NOT NULL
);

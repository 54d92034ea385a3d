-- Steps of the clock that were no time: from `at` it went on to `by_us` later at once. Ages leave them out.
CREATE TABLE clock_steps (
    at INTEGER NOT NULL PRIMARY KEY,
    by_us INTEGER NOT NULL
) STRICT;

-- The ids of a thread's tool calls: none is given out twice. `times` is how often a model gave it, or it was tried.
CREATE TABLE tool_calls (
    thread_id BLOB NOT NULL,
    call_id TEXT NOT NULL,
    times INTEGER NOT NULL,
    PRIMARY KEY (thread_id, call_id)
) STRICT, WITHOUT ROWID;
-- Of those that are there. Copies in forks have no entry but their message.
INSERT INTO tool_calls (thread_id, call_id, times)
    SELECT e.thread_id, json_extract(p.value, '$.id'), COUNT(*) FROM events e, json_each(e.body, '$.content') p
    WHERE e.role = 'agent' AND e.body LIKE '%"tool_call"%' AND json_extract(p.value, '$.type') = 'tool_call'
        AND length(json_extract(p.value, '$.id')) <= 255
    GROUP BY 1, 2;

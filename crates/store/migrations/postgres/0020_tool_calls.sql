-- The ids of a thread's tool calls: none is given out twice. `times` is how often a model gave it, or it was tried.
CREATE TABLE tool_calls (
    thread_id UUID NOT NULL,
    call_id TEXT NOT NULL,
    times BIGINT NOT NULL,
    PRIMARY KEY (thread_id, call_id)
);
-- Of those that are there. Copies in forks have no entry but their message.
INSERT INTO tool_calls (thread_id, call_id, times)
    SELECT e.thread_id, p.value->>'id', COUNT(*)
    FROM events e, json_array_elements(CAST(e.body AS json)->'content') p
    WHERE e.role = 'agent' AND e.body LIKE '%"tool_call"%' AND p.value->>'type' = 'tool_call'
        AND length(p.value->>'id') <= 255
    GROUP BY 1, 2;

-- What has become of the project's messages, beside the log: a reader was given one, somebody says that they have read it.
CREATE TABLE receipts (
    message_id UUID NOT NULL PRIMARY KEY,
    thread_id UUID NOT NULL,
    project_id UUID NOT NULL,
    delivered_at BIGINT NOT NULL,
    read_at BIGINT
);
CREATE INDEX receipts_thread ON receipts(thread_id);

-- When to look whether a thread's inactivity window has ended. Messages set the window anew in the thread's head and leave
-- this as it is: whoever looks too early puts it off.
CREATE TABLE windows (
    thread_id UUID NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL,
    due_at BIGINT NOT NULL
);
CREATE INDEX windows_due ON windows(due_at);

-- What the places in an agent's instructions are filled with in a thread.
CREATE TABLE thread_variables (
    thread_id UUID NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL,
    variables TEXT NOT NULL
);

-- Origins whose pages may speak to an owner: a project's own, or those of an agent that lets guests in.
CREATE TABLE origins (
    owner_id UUID NOT NULL,
    origin TEXT NOT NULL,
    project_id UUID NOT NULL,
    PRIMARY KEY (project_id, owner_id, origin)
);
CREATE INDEX origins_origin ON origins(origin);

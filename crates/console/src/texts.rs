//! The words of the pages of threads and of what stands around every page. The words of the administration stand beside
//! its fields and tables, in `pages::office`.

pub const PRODUCT: &str = "Threadline";
pub const SKIP: &str = "Skip to the content";
pub const MAIN_NAVIGATION: &str = "Main";

pub const INBOX: &str = "Inbox";
pub const THREADS: &str = "Threads";
pub const MORE: &str = "More";
pub const ACTIONS: &str = "Actions";
pub const FIRST_PAGE: &str = "First page";
pub const NEXT_PAGE: &str = "Next page";
pub const SEARCH: &str = "Search";
pub const SEARCH_LABEL: &str = "Search titles and messages";
pub const SEARCH_MESSAGES: &str = "Text in messages";
pub const SEARCH_BEGIN: &str = "Find what was said";
pub const SEARCH_BEGIN_HINT: &str =
    "A text is found as it stands, whatever its case: a name, an order number, a part of a sentence.";
pub const SEARCH_OLDER_MESSAGES: &str = "Search older messages";
pub const SEARCH_THREADS: &str = "Threads with this text";
pub const NEW_SEARCH: &str = "New search";
pub const SAID_BY: &str = "Said by";
pub const ANSWERED_BY: &str = "Answered by";
pub const FROM_DAY: &str = "From day";
pub const BEFORE_DAY: &str = "Before day";
pub const MEMBER_WORD: &str = "Member";
pub const A_PERSON: &str = "Person";
pub const NEWER: &str = "Newest";
pub const OLDER: &str = "Older";
pub const SEARCH_GOES_ON: &str = "Search older threads";
pub const UNTITLED: &str = "Untitled thread";

pub const SIGN_IN: &str = "Sign in";
pub const SIGN_OUT: &str = "Sign out";
pub const SIGN_OUT_EVERYWHERE: &str = "Sign out everywhere";
pub const SIGN_IN_LEAD: &str = "Use a key of your project, or a link that an administrator made for you.";
pub const KEY: &str = "Key";
pub const KEY_HINT: &str = "A key begins with tl_. It needs the scope read, and must not belong to one agent.";
pub const WHERE_IS_THE_LINK: &str = "Where is my link?";
pub const LINK_OF_DEV: &str = "threadline dev prints a link when it starts. It works once, for 15 minutes.";
pub const LINK_OF_ADMIN: &str = "An administrator makes a link for a member with this command:";
pub const LINK_COMMAND: &str = "threadline member link ada@example.com";
pub const LINK_LEAD: &str = "This link signs you in, once. Continue on the browser in which you want to work.";
pub const CONTINUE: &str = "Continue";
pub const BAD_KEY: &str = "This key is not valid.";
pub const BAD_LINK: &str = "This link is spent or too old. Ask for a new one.";
pub const SIGNED_OUT: &str = "You are signed out.";
pub const NO_COOKIES: &str = "Sign-in needs HTTPS, because a cookie could be read on the way. Set public_url to an https:// address, \
     or open the console on the server's own machine.";
pub const WITH_A_KEY: &str = "Signed in with a key";

pub const WRONG_HOST: &str =
    "The console does not answer to this host name. Set public_url to the address that you use";
pub const OTHER_SITE: &str = "The console takes this request only from its own pages";
pub const PAGE_ERROR: &str = "This page cannot be shown";
pub const BACK_TO_INBOX: &str = "Back to the inbox";
pub const REQUEST_FAILED: &str = "Nothing was changed.";

pub const EMPTY_INBOX: &str = "No threads yet";
pub const EMPTY_INBOX_HINT: &str = "Threads appear here as soon as somebody writes. This command begins one:";
pub const EMPTY_INBOX_COMMAND: &str = "threadline thread create --title 'First'";
pub const NO_MATCH: &str = "Nothing was found";
pub const NO_MATCH_HINT: &str = "No thread that was examined matches. Try fewer filters or other words.";

pub const FILTER: &str = "Filter";
pub const MORE_FILTERS: &str = "More filters";
pub const DOOR: &str = "Dialect";
pub const CUSTOMER_FILTER: &str = "Customer: whole address or your id";
pub const BEGUN_FROM: &str = "Begun from";
pub const BEGUN_TO: &str = "Begun until";
pub const ENTRY_TYPE: &str = "Type";
pub const AS_A_COMMAND: &str = "The command that reads this entry:";
pub const NO_ENTRIES: &str = "No entry of this type is on this page.";
pub const DELIVERIES: &str = "Deliveries";
pub const DELIVERY_WAITS: &str = "Waits";
pub const DELIVERED: &str = "Sent";
pub const ANY: &str = "Any";
pub const AGENT: &str = "Agent";
pub const STATE: &str = "State";
pub const OPEN: &str = "Open";
pub const CLOSED: &str = "Closed";
pub const ANSWERING: &str = "Answering now";
pub const TAG: &str = "Tag";
pub const TITLE: &str = "Title";
pub const STARTED: &str = "Started";
pub const LAST_ENTRY: &str = "Last entry";
pub const LENGTH: &str = "Messages";
pub const COST: &str = "Cost";

pub const AGENT_IS_ANSWERING: &str = "Agent is answering";
pub const WAITS_FOR_TOOL: &str = "Waits for a tool's result";
pub const WAITS_IN_LINE: &str = "Waits for a worker";
pub const PERSON_ANSWERS: &str = "A member of the team answers";
pub const PERSON_IS_WANTED: &str = "Asks for a person";
pub const OVERDUE: &str = "Waits for too long";
pub const ANSWERS: &str = "answers";
pub const YOU_ANSWER_SHORT: &str = "You answer";
pub const NOTIFY: &str = "Notify me";
pub const WAIT_FOR_PERSON: &str = "wait for a person";
pub const NEEDS_PERSON: &str = "Needs a person";
pub const MINE: &str = "Mine";
pub const EVERYTHING: &str = "Everything";
pub const UNREAD: &str = "Unread:";
pub const LOOKS: &str = "looks at this";
pub const TYPES_REPLY: &str = "types a reply";
pub const TYPES_NOTE: &str = "types a note";
pub const LEFT_BY_VISITOR: &str = "The visitor says";
pub const UNVERIFIED: &str = "Not verified";
pub const THE_CUSTOMER_TYPES: &str = "The customer types";
pub const NEWER_ROWS: &str = "newer";
pub const EMPTY_NEEDS: &str = "Nobody waits for a person";
pub const EMPTY_NEEDS_HINT: &str = "Threads appear here when a customer or an agent asks for a person, and when a customer waits too long for a member.";
pub const EMPTY_MINE: &str = "No thread is yours";
pub const EMPTY_MINE_HINT: &str = "Threads appear here when you take them over, and when somebody assigns them to you.";
pub const QUIET: &str = "Quiet";
pub const ANSWERS_HERE: &str = "answers here";
pub const THREAD_CLOSED: &str = "Closed";
pub const CLOSED_WHY: &str = "This thread is closed.";

pub const CONVERSATION: &str = "Conversation";
pub const TURNS: &str = "Turns";
pub const LOG: &str = "Log";
pub const VIEWS: &str = "Views of this thread";
pub const EARLIER: &str = "Earlier messages";
pub const LATEST: &str = "Latest messages";
pub const EMPTY_THREAD: &str = "Nothing was said yet.";
pub const STOP: &str = "Stop the answer";
pub const CLOSE: &str = "Close";
pub const REOPEN: &str = "Reopen";
pub const RETRY: &str = "Retry";

pub const THINKING: &str = "Thinking";
pub const THINKS: &str = "Thinking…";
pub const INTERRUPTED: &str = "Interrupted";
pub const CALLS: &str = "Calls";
pub const RESULT_OF: &str = "Result of";
pub const FAILURE_OF: &str = "Error of";
pub const A_TOOL: &str = "a tool";
pub const TOOL: &str = "Tool";
pub const GUEST: &str = "Guest";
pub const CUSTOMER: &str = "Customer";
pub const PROGRAM: &str = "Program";
pub const PICTURE: &str = "Picture";
pub const LINK: &str = "Link";
pub const SUBJECT: &str = "Subject";

pub const NO_TURNS: &str = "No turn yet";
pub const NO_TURNS_HINT: &str = "A turn begins when somebody writes and the agent answers.";
pub const QUEUE: &str = "queue";
pub const RUN: &str = "run";
pub const MODEL: &str = "model";
pub const TOOLS: &str = "tools";
pub const OTHER: &str = "rest of the run";
pub const ATTEMPT: &str = "attempt";
pub const CALLS_OF_MODEL: &str = "model calls";
pub const TOKENS_IN: &str = "tokens in";
pub const TOKENS_OUT: &str = "tokens out";
pub const QUEUED: &str = "Queued";
pub const RUNNING: &str = "Running";
pub const WAITING: &str = "Waits for a tool";
pub const COMPLETED: &str = "Completed";
pub const FAILED: &str = "Failed";
pub const CANCELLED: &str = "Cancelled";
pub const LOG_LEAD: &str = "Every entry of this thread, as it is stored.";
pub const MORE_NEWER: &str = "Newer";
pub const LIVE_LOST: &str = "The connection is lost. Trying again…";
pub const JUMP: &str = "Jump to newest";

pub const YOU_ANSWER: &str = "You answer here";
pub const SINCE: &str = "since";
pub const WAITS_SINCE: &str = "The customer waits since";
pub const ASKS: &str = "asks for a person";
pub const SILENT_UNTIL: &str = "the agent is silent until";
pub const AGENT_GOES_ON: &str = "the agent goes on";
pub const REMOVED_MEMBER: &str = "A removed member";
pub const IN_NAME_OF: &str = "In the name of";
pub const TAKE: &str = "Take over";
pub const TAKE_ANYWAY: &str = "Take over anyway";
pub const WITHDRAW: &str = "Withdraw the request";
pub const HAND_BACK: &str = "Hand back";
pub const BRIEF: &str = "Words to the agent";
pub const BRIEF_HINT: &str = "The agent reads them. The customer does not.";
pub const AND_THEN: &str = "Then the agent";
pub const ANSWER_AUTO: &str = "answers what is unanswered";
pub const ANSWER_NOW: &str = "answers in any case";
pub const ANSWER_NEVER: &str = "waits for the next message";

pub const TOOK_OVER: &str = "took over";
pub const FROM: &str = "from";
pub const ANSWER_STOPPED: &str = "the answer was stopped";
pub const HANDED_BACK: &str = "handed back to the agent";
pub const ASKED: &str = "asked for a person";
pub const NOBODY_CAME: &str = "Nobody came in time, so the agent answers again";
pub const WITHDREW: &str = "withdrew the request for a person";
pub const ASSIGNED_TO: &str = "Assigned to";
pub const ASSIGNED_TO_NOBODY: &str = "Assigned to nobody";
pub const CLOSED_BY_TIME: &str = "Closed, because nobody wrote for a while";
pub const WAS_CLOSED: &str = "Closed";
pub const WAS_REOPENED: &str = "Reopened";
pub const THE_SERVER: &str = "The server";
pub const A_PROGRAM: &str = "A program";
pub const NOTE: &str = "Note";
pub const NOTE_TO_AGENT: &str = "Note to team and agent";
pub const TO_THE_AGENT: &str = "To the agent";

pub const SAVED_REPLIES: &str = "Saved replies";
pub const WRITE: &str = "Write";
pub const WHAT_YOU_WRITE: &str = "What you write";
pub const REPLY: &str = "Reply";
pub const TEXT: &str = "Text";
pub const SEND: &str = "Send";
pub const SAVE_NOTE: &str = "Save note";
pub const SENT_AS: &str = "Sent as";
pub const SENT_AS_MEMBER: &str = "Sent in the member's name";
pub const TO: &str = "to";
pub const THE_CUSTOMER: &str = "the customer";
pub const THE_MEMBER: &str = "the member";
pub const THROUGH: &str = "through";
pub const THE_API: &str = "the API";
pub const REPLY_TAKES: &str = "You take over with it.";
pub const NOTE_FOR_TEAM: &str = "Only the team reads it.";
pub const KEEP: &str = "Let the agent go on";
pub const FOR_AGENT: &str = "The agent reads it too";
pub const ATTACH: &str = "Attach a file";
pub const FILE: &str = "File";
pub const UPLOAD: &str = "Attach";
pub const AT_MOST: &str = "At most";
pub const ATTACH_HINT: &str = "Attach files before you write. They go with the reply or the note.";
pub const WRITE_SOMETHING: &str = "must not be empty";
pub const MOVED: &str =
    "Others have answered since you began to write. Your text is kept. Send it again if it still fits.";

pub const ABOUT: &str = "About this thread";
pub const THREAD: &str = "Thread";
pub const YOUR_ID: &str = "Your id";
pub const OTHER_THREADS: &str = "Other threads";
pub const TICKET: &str = "Ticket";
pub const TICKET_WAITING: &str = "Waits for the customer";
pub const REMINDER: &str = "Reminder";
pub const AFTER: &str = "every";
pub const TAGS: &str = "Tags";
pub const ASSIGNEE: &str = "Assigned to";
pub const ASSIGN_TO: &str = "Assign to";
pub const ASSIGN: &str = "Assign";
pub const NOBODY: &str = "Nobody";
pub const IDS: &str = "Ids";
pub const FORK: &str = "Fork";
pub const EXPORT: &str = "Export";

pub const DISMISS: &str = "Close";
pub const UNREACHABLE: &str = "The server does not answer. What you wrote is kept.";
pub const KEYS: &str = "Keyboard";
pub const KEYS_ON: &str = "Single keys are on";
pub const COMMANDS: &str = "Commands";
pub const KEY_TABLE: [(&str, &str); 16] = [
    ("J", "Next thread"),
    ("K", "Previous thread"),
    ("Enter", "Open the thread"),
    ("/", "Search"),
    ("T", "Take over"),
    ("R", "Reply"),
    ("N", "Note"),
    ("H", "Hand back"),
    ("E", "Close or reopen the thread"),
    ("A", "Assign"),
    ("G I", "Go to the inbox"),
    ("G T", "Go to the threads"),
    ("G A", "Go to the agents"),
    ("Ctrl Enter", "Send"),
    ("Ctrl K", "Commands"),
    ("Esc", "Out of a field or a list"),
];
/// Each with the key that does the same.
pub const COMMAND_TABLE: [(&str, &str); 11] = [
    ("t", "Take over"),
    ("r", "Reply"),
    ("n", "Write a note"),
    ("h", "Hand back"),
    ("e", "Close or reopen the thread"),
    ("a", "Assign"),
    ("/", "Search"),
    ("gi", "Go to the inbox"),
    ("gt", "Go to the threads"),
    ("ga", "Go to the agents"),
    ("?", "Show the keys"),
];

pub const CHAT: &str = "Chat";
pub const NEEDS_SCRIPT: &str = "The chat needs JavaScript.";
pub const OTHER_CHAT_HOST: &str = "Chats do not answer to this host name. The setting widget_url has theirs";

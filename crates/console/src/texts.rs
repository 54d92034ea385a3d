//! All words that the console shows.

pub const PRODUCT: &str = "Threadline";
pub const SKIP: &str = "Skip to the content";
pub const MAIN_NAVIGATION: &str = "Main";

pub const INBOX: &str = "Inbox";
pub const THREADS: &str = "Threads";
pub const SEARCH: &str = "Search";
pub const SEARCH_LABEL: &str = "Search titles and messages";
pub const NEWER: &str = "Newest";
pub const OLDER: &str = "Older";
pub const SEARCH_GOES_ON: &str = "Search older threads";
pub const UNTITLED: &str = "Untitled thread";
pub const MESSAGES: &str = "messages";
pub const MESSAGE: &str = "message";

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
pub const PERSON_IS_WANTED: &str = "A person is asked for";
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

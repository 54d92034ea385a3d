//! All limits by name. Settings override them, and `/threadline/v1/limits` and the documentation show them.

macro_rules! limits {
    ($($name:ident: $default:literal, $doc:literal;)*) => {
        /// All limits by name. The unit is the name's last word: bytes, chars, ms, s, h, days. `_per_s` is a rate, and
        /// a name without a unit is a count.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct Limits { $(#[doc = $doc] pub $name: u64,)* }

        impl Default for Limits {
            fn default() -> Self {
                Self { $($name: $default),* }
            }
        }

        impl Limits {
            /// Name, default and meaning of each limit.
            pub const TABLE: &'static [(&'static str, u64, &'static str)] = &[$((stringify!($name), $default, $doc)),*];

            /// Name and value of each limit.
            pub fn values(&self) -> Vec<(&'static str, u64)> {
                vec![$((stringify!($name), self.$name)),*]
            }

            /// Sets a limit by name. `false` for an unknown name.
            pub fn set(&mut self, name: &str, value: u64) -> bool {
                match name {
                    $(stringify!($name) => self.$name = value,)*
                    _ => return false,
                }
                true
            }
        }
    };
}

limits! {
    body_bytes: 1_048_576, "JSON body of a request, and data of one event by which an endpoint answers a pushed turn";
    files_body_bytes: 33_554_432, "JSON body of a request that carries files as base64 (Algoreg and Everruns messages)";
    upload_bytes: 104_857_600, "One uploaded file";
    json_values: 200_000, "Values in a JSON body: each object, array, text, number, true, false and null";
    drain_bytes: 67_108_864, "Bytes of a refused body that are still read before the connection closes";
    drain_ms: 2_000, "Time for which a refused body is still read before the connection closes";
    json_depth: 64, "Nesting of a JSON body";
    headers: 100, "Header fields of a request";
    header_bytes: 65_536, "All header fields of a request together";
    header_wait_s: 10, "Time in which a header must be complete after its first byte, and in which a new connection must send a header";
    idle_connection_s: 75, "Time that a connection may be idle between two requests";
    body_wait_s: 30, "Time in which the next piece of a body must arrive";
    request_s: 120, "Time in which a request must be answered; streams and long polls are exempt";
    connections: 32_768, "Connections open at once on one node; one more is answered 503 and closed, `/healthz`, `/health` and `/readyz` excepted";
    requests_under_way: 8_192, "Requests under way at once on one node, long polls among them; beyond that 429 or 503";
    reader_bytes_per_s: 8_192, "Bytes a second that the reader of an answer must take while bytes wait; the connection of a slower reader is cut";
    reader_s: 30, "Time over which a client's reading rate is measured while bytes wait for it";
    transcript: 1_000, "Newest messages of a thread that a model gets";
    transcript_bytes: 16_777_216, "Text of the messages of a thread that a model gets";
    model_pictures: 20, "Pictures that one call of a model gets; older ones are only named. At most 20 go to Anthropic, which bounds each to 2,000 pixels a side beyond that. 0: none";
    model_picture_bytes: 3_932_160, "One picture that a model gets; its base64 is 5 MiB. A larger one is only named";
    model_pictures_bytes: 14_680_064, "All pictures of one call of a model, at most a fortieth of `memory_bytes`; older ones are only named";
    model_picture_px: 8_000, "Pixels of a side of a picture that a model gets; a larger one is only named";
    model_text_bytes: 65_536, "Beginning of a text file that a model gets; the rest is left out";
    page: 1_000, "Rows of a native page; 100 without `limit`";
    page_bytes: 4_194_304, "Stored text of the rows of a page; a page has at least one row, and says when more follow";
    piece_bytes: 262_144, "Stored text that is read and held at once of a list that is streamed whole; at least one row is read";
    origin_key_chars: 255, "Characters of an origin key";
    recipients: 50, "Addresses of an e-mail";
    subject_chars: 998, "Characters of an e-mail's subject";
    reminder_delay_s: 3_153_600_000, "Delay of a reminder";
    reminder_number: 1_000, "Times that a reminder fires";
    contacts: 50, "Addresses of a customer";
    comment_chars: 10_000, "Characters of a comment on a thread, of a note, and of a member's brief to the agent";
    mentions: 20, "Members whom a note mentions";
    wanted_chars: 500, "Characters of the reason for which somebody asks for a person";
    say_chars: 2_000, "Characters of the sentence that the customer reads when a program asks for a person";
    agent_changes: 50, "Changes of an agent that are kept, the newest; `GET /console/agents/{agent}/changes` shows them";
    saved_replies: 1_000, "Saved replies of a project";
    saved_reply_chars: 10_000, "Characters of a saved reply";
    presence_s: 30, "Time for which a member who views a thread counts as present, unless told again";
    typing_s: 6, "Time for which somebody who types counts as typing, unless told again";
    presences: 20_000, "People who are present in threads at once on one node, by shares; one more is refused with 429";
    thread_presences: 50, "People who are present in one thread at once; one more is refused with 429";
    hold_idle_s: 600, "Time for which a customer waits in a thread that a member holds, until the thread is overdue and another member may take it";
    wanted_silent_s: 900, "Time for which an agent is silent while a person is wanted silently, unless the request says otherwise";
    wanted_silent_most_s: 86_400, "Longest time for which a request for a person may silence an agent";
    ask_silent_s: 900, "Longest silence that an agent may ask for by the tool `ask_person`";
    ask_silent_again_s: 3_600, "Time after which an agent may ask for a silence in the same thread again";
    thread_customers: 50, "Customers of a thread";
    customer_id_chars: 255, "Characters of a customer's external id";
    end_user_chars: 256, "Characters of a program's name for an end user (Everruns' `End-User`)";
    address_chars: 320, "Characters of an address, or of a mailbox's id";
    attachments: 20, "Attachments of a message";
    attachment_name_chars: 255, "Characters of an attachment's name";
    parts: 100, "Content parts of a message";
    link_bytes: 8_192, "URL of a link or a picture in a message";
    part_name_chars: 255, "Characters of a media type in a message, and of the id and the name of a tool call";
    tool_calls: 128, "Tool calls of one agent message";
    tool_arguments_bytes: 1_048_576, "Arguments of one tool call, as JSON; a model that goes beyond them fails the turn";
    tags: 50, "Tags of a message or a thread";
    project_tags: 1_000, "Tags of a project";
    tag_chars: 200, "Characters of a tag";
    metadata_bytes: 65_536, "Metadata of a message, a thread or an agent, as JSON";
    title_chars: 500, "Characters of a thread's title";
    name_chars: 64, "Characters of a project's, an agent's or a key's name";
    description_chars: 2_000, "Characters of an agent's description";
    instructions_bytes: 262_144, "Instructions of an agent";
    failure_texts: 50, "Languages of an agent's message about a failed turn";
    failure_text_chars: 2_000, "Characters of the message that a failed turn writes";
    filled_bytes: 1_048_576, "Instructions with a thread's variables filled in; variables beyond the limit stay as `{{name}}`";
    variables: 100, "Variables of a thread";
    origins: 50, "Origins of a project, or of an agent's guests";
    script_replies: 1_000, "Replies in an agent's script";
    script_chunks: 10_000, "Pieces of a scripted reply";
    script_delay_ms: 600_000, "Pause of a scripted reply or tool";
    budget_tokens: 1_000_000_000_000, "Tokens of a budget";
    budget_usd: 1_000_000, "Dollars of a budget";
    unknown_output: 16_384, "Tokens of an answer under a budget, where neither the configuration nor the catalogue has the model's largest answer";
    agent_steps: 10_000, "Highest number of model calls per turn that an agent or a thread may set";
    agent_hold_idle_s: 604_800, "Highest `hold_idle_s` that an agent may set";
    agent_window_s: 31_536_000, "Longest inactivity window that an agent may set";
    tools: 128, "Tools of an agent";
    extras_bytes: 1_048_576, "Extras of an agent or a thread, as JSON: settings that a client stores and that nothing here acts on";
    stretch_bytes: 65_536, "Text of a block in which a model reads the words of people who spoke in place of the agent; the newest lines stay";
    fork_messages: 10_000, "Messages that a thread may have to be forked";
    bulk_rows: 128, "Rows that one transaction of a fork copies, or one of a deletion removes";
    bulk_bytes: 1_048_576, "Bytes of messages in such a transaction; a larger message has a transaction of its own";
    trajectory_bytes: 52_428_800, "An exported trajectory (Everruns), as JSON; a longer one comes in segments";
    snapshots: 1_000, "Browser snapshots of a project";
    snapshot_ids: 50, "Browser snapshots that a message may name";
    requests_per_s: 1_000, "Requests a second of one key; 0: no limit";
    requests_burst: 2_000, "Requests that one key may send in a burst";
    project_requests_per_s: 4_000, "Requests a second of one project, with all its keys and tokens; 0: no limit";
    project_requests_burst: 8_000, "Requests that one project may send in a burst";
    project_stored_bytes: 0, "Bytes that one project may store: text of its threads, and attachments; 0: no limit";
    project_threads: 0, "Threads that one project may have; 0: no limit";
    quota_told_percent: 80, "Part of `project_stored_bytes` or `project_threads` from which on the log and `x-threadline-quota` tell of the usage";
    guest_requests_per_s: 5, "Requests a second of one address without a key, or of one guest's token; 0: no limit";
    guest_requests_burst: 20, "Requests that one such address or guest may send in a burst";
    failed_keys_per_s: 50, "Requests a second of one address whose key, token or ticket is missing or not valid; beyond that 429 instead of 401; 0: no limit";
    failed_keys_burst: 1_000, "Such requests that one address may send in a burst";
    open_requests_per_s: 50, "Requests a second of one address for documents and unknown paths, and as many for health; 0: no limit";
    open_requests_burst: 1_000, "Such requests that one address may send in a burst";
    bearer_s: 3_600, "Lifetime of a token that stands for a key";
    credential_check_s: 3, "Time between two checks of the credentials of open answers";
    guest_token_s: 86_400, "Lifetime of a token of a guest or a customer";
    guest_title_chars: 64, "Characters of a widget's title";
    guest_text_chars: 2_000, "Characters of a widget's greeting, of its text of consent, and of each of its other texts";
    guest_languages: 50, "Languages of a widget's texts";
    guest_texts: 100, "Texts of a widget in one language";
    guest_greeting_s: 3_600, "Longest time after which a widget greets";
    guest_waiting: 10_000, "Highest number of waiting threads up to which an agent's guests may ask for a person";
    guest_hours: 50, "Stretches of an agent's opening hours";
    guest_file_types: 50, "Media types of the files that guests may send";
    guest_files: 50, "Files that the guests of one thread may send";
    guest_resume_s: 2_592_000, "Time for which an expired token of a guest can still be renewed";
    guest_life_s: 15_552_000, "Time for which a guest's token can be renewed, from the first token on";
    guest_identity_s: 3_600, "Longest life of a signed identity of a guest";
    guest_secret_overlap_s: 86_400, "Time for which a replaced guest secret of an agent still signs identities";
    guest_key_s: 600, "Time for which the `Idempotency-Key` of a guest's first request is kept";
    guest_key_chars: 22, "Fewest characters of the `Idempotency-Key` of a guest's first request, because the key leads to a token";
    ticket_s: 60, "Time for which a ticket can open a stream";
    write_queue: 8_192, "Writes that wait for the database, by shares; a project's next write beyond its share is 503";
    long_reads: 2, "Searches, exports and filtered lists in progress at once on one node, by shares; further ones wait";
    long_read_s: 10, "Time for which such a read keeps its place while another project waits for one; beyond that 503";
    queued_turns: 1_000, "Turns that wait in one thread; a further one is refused with 429";
    wait_s: 60, "Longest long poll";
    stream_readers: 20_000, "Streams and long polls open at once on one node, by shares; a project's next one beyond its share is 429";
    tail_items: 256, "Newest entries and deltas of a followed thread kept in memory";
    heartbeat_s: 15, "Silence on a stream after which a comment is sent as a keep-alive";
    delta_ms: 50, "Minimum time between two stored deltas of a message";
    delta_bytes: 65_536, "Text of one stored delta";
    block_bytes: 1_048_576, "Blocks of one model call: the answer as the provider made it, stored beside the message";
    reply_bytes: 4_194_304, "Text of one agent message, with the arguments of its tool calls";
    steps: 50, "Model calls in one turn";
    model_tries: 3, "Attempts of one model call that fails for a passing reason";
    slow_after_s: 5, "Silence of a model after which its turn's worker counts as slow";
    model_retry_s: 60, "Time in which a model call that fails for a passing reason is tried again; a provider's longer wait is not waited for";
    model_connect_s: 10, "Connecting to a model's provider, with name and TLS; a provider may have its own `connect_s`";
    model_first_byte_s: 60, "Time until a model's provider begins to answer; a provider may have its own `first_byte_s`";
    model_first_token_s: 120, "Time until the first piece of a model's answer; a provider may have its own `first_token_s`";
    model_silence_s: 120, "Silence of a model after which its call counts as failed; a provider may have its own `silence_s`";
    model_call_s: 1_800, "One call of a provider's model, to its end; a provider may have its own `call_s`";
    breaker_failures: 5, "Failed calls of a route in a row, for passing reasons, after which a project's turns do not call it for a while; 0: no limit";
    breaker_window_s: 60, "Time in which these calls must fail";
    breaker_pause_s: 20, "Time for which such a route is not called, until one call tries it again";
    providers: 50, "Providers of a project";
    provider_url_chars: 2_048, "Characters of the base URL of a project's provider";
    provider_key_bytes: 8_192, "Key of a project's provider";
    routes: 200, "Routes of a project";
    route_model_chars: 255, "Characters of the provider's name of a model in a project's route";
    checks: 10, "Checks of a project's own providers and routes in a minute on one node; further ones are 429";
    checked_routes: 10, "Routes that a check of a provider calls, by name";
    check_s: 60, "Time for one check, of all its routes together";
    route_fallbacks: 10, "Fallbacks of a project's route";
    tool_s: 120, "Time in which a tool must end; a tool may have less by its own `timeout_s`";
    tools_at_once: 8, "Calls of one agent message that run at once";
    tool_result_bytes: 8_388_608, "Result of a tool that the server runs";
    tool_told_bytes: 65_536, "Result of such a tool that a model gets; of a longer one the model gets beginning and end, and an attachment has the whole";
    tool_url_chars: 2_048, "Characters of the URL of an HTTP tool";
    tool_headers: 20, "Headers of an HTTP tool";
    tool_header_bytes: 8_192, "Value of a header of an HTTP tool";
    lease_s: 10, "A worker's hold on a turn; renewed after each third of that time";
    window_s: 7_200, "Inactivity window of a Feather thread";
    external_lease_s: 30, "Hold of an external agent's program on a turn; renewed by each of its calls";
    claim_turns: 16, "Turns that one claim of a program may ask for";
    unclaimed_s: 600, "Time for which a turn waits for a program of its external agent";
    agent_unclaimed_s: 604_800, "Longest such time that an agent may set";
    pushes: 256, "Pushed turns whose endpoint has not answered yet, or answers by a stream, at once on one node, by shares; at most an eighth of them of one agent";
    push_s: 15, "Time in which the endpoint of an external agent must begin to answer a pushed turn";
    push_token_s: 604_800, "Longest life of the token of a pushed attempt; it dies with the attempt before";
    reported_messages: 20, "Messages that one call of a program reports";
    reported_tokens: 10_000_000, "Tokens of one kind that a program reports for one message; more count as so many";
    reported_usd: 1_000, "Dollars that a program reports for one message; more count as so many";
    key_agents: 50, "External agents of one key";
    drain_s: 15, "Time that running turns get to end when the server stops";
    webhooks: 20, "Webhooks of a project";
    webhook_url_chars: 2_048, "Characters of a webhook's URL, and of the URL of an external agent's endpoint";
    webhook_authorization_chars: 4_096, "Characters of a webhook's fixed Authorization header";
    webhook_overlap_s: 604_800, "Time for which a replaced secret of a webhook or of an external agent's endpoint still signs";
    webhook_replay_threads: 5_000, "Threads that one replay with `since` reaches";
    webhook_s: 15, "Time in which a webhook must answer";
    webhook_posts: 64, "Requests to webhooks in progress at once on one node, by shares; at most an eighth of them to one webhook";
    webhook_retry_h: 72, "Hours for which an entry is retried, until it is given up";
    webhook_log: 1_000, "Newest delivery attempts of a webhook that are kept";
    telemetry_spans: 4_096, "Spans that wait for the collector of OpenTelemetry on one node; further ones are dropped and counted in the log";
    search_chars: 200, "Characters of a search";
    search_scan: 10_000, "Messages, threads or events that one page of a search or a filtered list examines";
    search_bytes: 67_108_864, "Stored text that one page of a search examines";
    search_lag_s: 60, "Age at which a message is indexed for searches; a search reads younger messages itself. The clocks of nodes must differ by less";
    sorted_threads: 100_000, "Active threads of a period that can be paged through (Capy's usage); the total counts all";
    sign_in_s: 2_592_000, "Longest sign-in of a browser at the console";
    sign_in_idle_s: 43_200, "Time without a request after which a sign-in ends";
    sign_in_link_s: 900, "Time for which a link can sign a member in, once";
    sign_in_failures: 5, "Failed sign-ins of one address in a minute; beyond that 429";
    recent_requests: 50, "Newest requests of a project that the console's page of dialects shows, on each node; 0: none";
    recent_projects: 256, "Projects whose newest requests one node keeps; beyond it, those of the project that was silent longest go";
    live_topics: 16, "Threads that one stream of the console follows";
    sign_ins: 50, "Sign-ins of one key or one member at once; a further one ends the oldest";
    origin_key_days: 7, "Lifetime of an origin key that belongs to no thread";
}

//! How to begin with this dialect.

use dialect_kit::{
    Begin, Guide,
    guide::{get, post},
};

const AUTH: &str = "Authorization: $THREADLINE_KEY";

pub fn guide(begin: &Begin<'_>) -> Guide {
    let (base, thread) = (format!("{}/api", begin.server), begin.thread);
    Guide {
        title: "Everruns".into(),
        about: "The API of Everruns, for its SDKs: agents, sessions, events.",
        key_prefix: Some("evr_pat"),
        commands: vec![
            (
                "Say something",
                post(
                    &format!("{base}/v1/sessions/{thread}/messages"),
                    AUTH,
                    r#"{"message": {"content": [{"type": "text", "text": "Hello"}]}}"#,
                ),
            ),
            ("Read the messages", get(&format!("{base}/v1/sessions/{thread}/messages"), AUTH)),
            ("Follow the session", format!("curl -N '{base}/v1/sessions/{thread}/sse' \\\n  -H \"{AUTH}\"")),
            (
                "Its SDK for Python",
                format!(
                    "pip install everruns-sdk\n\
                 export EVERRUNS_API_URL={base} EVERRUNS_API_KEY=$THREADLINE_KEY\n\
                 python3 - <<'END'\n\
                 import asyncio\n\
                 from everruns_sdk import Everruns\n\n\
                 async def main():\n    \
                     async with Everruns() as client:\n        \
                         print(await client.messages.create(\"{thread}\", \"Hello\"))\n\n\
                 asyncio.run(main())\n\
                 END"
                ),
            ),
        ],
        base_url: base,
    }
}

//! Server-sent events (the event stream format of the HTML standard, section 9.2).

use reqwest::Response;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Event {
    pub id: Option<String>,
    pub kind: String,
    pub data: String,
}

/// An open stream.
pub struct Stream {
    response: Response,
    text: Vec<u8>,
}

impl Stream {
    pub fn new(response: Response) -> Self {
        Self { response, text: Vec::new() }
    }

    /// The next event that has data; `None` when the stream was cut or has ended. Nothing is lost by dropping the future.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            while let Some(block) = take_block(&mut self.text) {
                let event = parse(&block);
                if !event.data.is_empty() {
                    return Some(event);
                }
            }
            let chunk = self.response.chunk().await.ok().flatten()?;
            self.text.extend_from_slice(&chunk);
        }
    }
}

/// Everything up to the first empty line. What is not complete when a stream is cut was never said.
fn take_block(text: &mut Vec<u8>) -> Option<String> {
    let end = text.windows(2).position(|pair| pair == b"\n\n")? + 2;
    let block: Vec<u8> = text.drain(..end).collect();
    Some(String::from_utf8_lossy(&block).into_owned())
}

fn parse(block: &str) -> Event {
    let mut event = Event::default();
    for (name, value) in block.lines().filter_map(|line| line.split_once(':')) {
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "id" => event.id = Some(value.into()),
            "event" => event.kind = value.into(),
            "data" => event.data.push_str(value),
            _ => {}
        }
    }
    event
}

#[test]
fn blocks_are_cut_at_empty_lines() {
    let mut text = b": hello\n\nid: 1\nevent: a\ndata: {}\n\nid: 2\nda".to_vec();
    let blocks: Vec<Event> = std::iter::from_fn(|| take_block(&mut text)).map(|block| parse(&block)).collect();
    let whole = Event { id: Some("1".into()), kind: "a".into(), data: "{}".into() };
    assert_eq!(blocks, [Event::default(), whole]);
    assert_eq!(text, b"id: 2\nda");
}

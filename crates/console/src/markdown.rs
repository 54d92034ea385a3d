//! Markdown of messages as HTML that cannot harm: no raw HTML, no pictures, no script, links of three schemes.

use std::{borrow::Cow, collections::HashSet, sync::LazyLock};

use ammonia::{Builder, UrlRelative};
use pulldown_cmark::{CowStr, Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd, html::push_html};
use url::Url;

use crate::html::Html;

/// The elements that may stand in a message.
const ELEMENTS: [&str; 25] = [
    "a",
    "blockquote",
    "br",
    "code",
    "del",
    "em",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "li",
    "ol",
    "p",
    "pre",
    "strong",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "ul",
    "sup",
];
const LANGUAGE_CHARS_MAX: usize = 20;

static SANITISER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::empty();
    builder
        .tags(HashSet::from(ELEMENTS))
        .add_tag_attributes("a", ["href"])
        .add_tag_attributes("ol", ["start"])
        .add_tag_attributes("code", ["class"])
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .url_relative(UrlRelative::Deny)
        .link_rel(Some("noopener noreferrer nofollow"))
        .attribute_filter(|element, attribute, value| match (element, attribute) {
            ("code", "class") => is_language(value).then_some(Cow::Borrowed(value)),
            ("ol", "start") => value.bytes().all(|b| b.is_ascii_digit()).then_some(Cow::Borrowed(value)),
            _ => Some(Cow::Borrowed(value)),
        });
    builder
});

fn is_language(class: &str) -> bool {
    let name = class.strip_prefix("language-").unwrap_or_default();
    let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'+' || b == b'-';
    (1..=LANGUAGE_CHARS_MAX).contains(&name.len()) && name.bytes().all(is_plain)
}

/// A message's text as HTML.
pub fn html(text: &str) -> Html {
    let parser = Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH);
    let mut unsafe_html = String::with_capacity(text.len() + text.len() / 2);
    push_html(&mut unsafe_html, Tamed { events: parser, links: Vec::new(), after: None });
    Html::made(SANITISER.clean(&unsafe_html).to_string())
}

/// The events of a text with raw HTML as text, pictures as links, lower headings, and each link's host behind it.
struct Tamed<'t, I> {
    events: I,
    /// Target and text of each open link.
    links: Vec<(CowStr<'t>, String)>,
    /// What follows the end of a link.
    after: Option<Event<'t>>,
}

impl<'t, I: Iterator<Item = Event<'t>>> Iterator for Tamed<'t, I> {
    type Item = Event<'t>;

    fn next(&mut self) -> Option<Event<'t>> {
        if let Some(after) = self.after.take() {
            return Some(after);
        }
        Some(match self.events.next()? {
            Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
            Event::Start(Tag::Heading { level, id, classes, attrs }) => {
                Event::Start(Tag::Heading { level: lower(level), id, classes, attrs })
            }
            Event::End(TagEnd::Heading(level)) => Event::End(TagEnd::Heading(lower(level))),
            Event::Start(Tag::Image { dest_url, id, .. } | Tag::Link { dest_url, id, .. }) => {
                self.links.push((dest_url.clone(), String::new()));
                Event::Start(Tag::Link { link_type: LinkType::Inline, dest_url, title: "".into(), id })
            }
            Event::End(TagEnd::Image | TagEnd::Link) => {
                self.after = self.links.pop().and_then(|(url, text)| host(&url, &text)).map(Event::Text);
                Event::End(TagEnd::Link)
            }
            Event::Text(text) => {
                self.links.iter_mut().for_each(|(_, own)| own.push_str(&text));
                Event::Text(text)
            }
            other => other,
        })
    }
}

/// The page has its own headings of the first two levels.
fn lower(level: HeadingLevel) -> HeadingLevel {
    match level {
        HeadingLevel::H1 => HeadingLevel::H3,
        HeadingLevel::H2 => HeadingLevel::H4,
        HeadingLevel::H3 => HeadingLevel::H5,
        _ => HeadingLevel::H6,
    }
}

/// ` (example.com)`, unless the link's text begins with its target's origin, so that no text hides where it leads.
fn host(url: &str, text: &str) -> Option<CowStr<'static>> {
    let url = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let shows = Url::parse(text.trim()).is_ok_and(|shown| shown.origin() == url.origin());
    let host = url.host_str().filter(|_| !shows)?;
    Some(format!(" ({host})").into())
}

/// The end of the closed blocks of a text that still grows: everything before it stays as it is. A block ends at a blank
/// line outside of a fence, before a line that is not indented.
pub fn closed(text: &str) -> usize {
    let (mut end, mut at, mut fence, mut blank) = (0, 0, None::<(char, usize)>, false);
    for line in text.split_inclusive('\n') {
        let bare = line.trim_end();
        let run = |mark: char| bare.trim_start().chars().take_while(|c| *c == mark).count();
        match fence {
            Some((mark, length)) => {
                if run(mark) >= length && bare.trim().chars().all(|c| c == mark) {
                    fence = None;
                }
            }
            None if bare.is_empty() => blank = line.ends_with('\n'),
            None => {
                let continues = line.starts_with([' ', '\t', '-', '*', '+', '|', '>', '['])
                    || line.starts_with(|c: char| c.is_ascii_digit());
                if blank && !continues {
                    end = at;
                }
                blank = false;
                fence = ['`', '~'].into_iter().map(|mark| (mark, run(mark))).find(|(_, length)| *length >= 3);
            }
        }
        at += line.len();
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts that try to become more than text.
    const HOSTILE: [&str; 24] = [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg onload=alert(1)><animate onbegin=alert(1)>",
        "<svg><style><img src=x onerror=alert(1)></style></svg>",
        "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
        "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
        "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
        "<a href=\"javascript:alert(1)\">x</a>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](java\tscript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
        "[x](vbscript:msgbox(1))",
        "[x](//evil.example)",
        "[x](/console/sign-out)",
        "![x](https://evil.example/pixel.png)",
        "![x](javascript:alert(1))",
        "[x](https://evil.example \"onmouseover=alert(1)\")",
        "```\"><script>alert(1)</script>\nx\n```",
        "```js onload=alert(1)\nx\n```",
        "<form action=/console/sign-out method=post><button>x</button></form>",
        "<p style=\"position:fixed;inset:0\">x</p>",
        "<b id=main class=rail>x</b>",
        "| a |\n|:-:|\n| <img src=x onerror=alert(1)> |",
    ];

    /// The elements and attributes that a browser would see.
    fn check_harmless(source: &str) {
        let shown = html(source).text().to_owned();
        let mut rest = shown.as_str();
        while let Some(start) = rest.find('<') {
            let tag = &rest[start + 1..start + rest[start..].find('>').expect("the sanitiser closes tags")];
            let mut words = tag.trim_start_matches('/').split_ascii_whitespace();
            let element = words.next().unwrap_or_default();
            assert!(ELEMENTS.contains(&element), "{source}: {shown}");
            let attributes = tag[element.len().min(tag.len())..].to_ascii_lowercase();
            for name in ["on", "style", "src", "id=", "title"] {
                assert!(!attributes.contains(&format!(" {name}")), "{source}: {shown}");
            }
            if let Some(href) = attributes.split("href=\"").nth(1) {
                let good = ["http://", "https://", "mailto:"].iter().any(|scheme| href.starts_with(scheme));
                assert!(good, "{source}: {shown}");
            }
            rest = &rest[start + 1..];
        }
    }

    #[test]
    fn hostile_texts_stay_texts_at_every_length() {
        for source in HOSTILE {
            for (end, _) in source.char_indices().chain([(source.len(), ' ')]) {
                check_harmless(&source[..end]);
            }
        }
    }

    #[test]
    fn what_people_write_looks_as_they_mean_it() {
        for (source, expected) in [
            ("**bold** and `code`", "<p><strong>bold</strong> and <code>code</code></p>\n"),
            ("# Title", "<h3>Title</h3>\n"),
            ("```rust\nfn x() {}\n```", "<pre><code class=\"language-rust\">fn x() {}\n</code></pre>\n"),
            ("```RUST\nx\n```", "<pre><code>x\n</code></pre>\n"),
            ("~~gone~~ <b>", "<p><del>gone</del> &lt;b&gt;</p>\n"),
            (
                "[here](https://example.com/a)",
                "<p><a href=\"https://example.com/a\" rel=\"noopener noreferrer nofollow\">here</a> (example.com)</p>\n",
            ),
            (
                "<https://example.com/a>",
                "<p><a href=\"https://example.com/a\" rel=\"noopener noreferrer nofollow\">https://example.com/a</a></p>\n",
            ),
            (
                "[https://good.example](https://evil.example)",
                "<p><a href=\"https://evil.example\" rel=\"noopener noreferrer nofollow\">https://good.example</a> (evil.example)</p>\n",
            ),
            (
                "![cat](https://example.com/cat.png)",
                "<p><a href=\"https://example.com/cat.png\" rel=\"noopener noreferrer nofollow\">cat</a> (example.com)</p>\n",
            ),
        ] {
            assert_eq!(html(source).text(), expected, "{source}");
        }
    }

    #[test]
    fn a_block_is_closed_by_a_blank_line_outside_of_a_fence() {
        for (text, closed_part) in [
            ("one", ""),
            ("one\n\n", ""),
            ("one\n\ntwo", "one\n\n"),
            ("one\n\ntwo\n\nthree", "one\n\ntwo\n\n"),
            ("```\na\n\nb", ""),
            ("```\na\n\nb\n```\n\nafter", "```\na\n\nb\n```\n\n"),
            ("~~~\n```\n\nb", ""),
            ("- a\n\n- b", ""),
            ("1. a\n\n2. b", ""),
            ("- a\n\n  still a", ""),
        ] {
            assert_eq!(&text[..closed(text)], closed_part, "{text:?}");
        }
    }
}

use super::*;

/// Checks the flaw, with the bytes at once and one by one.
fn check(bytes: &str, flaw: Option<Flaw>) {
    let expected = flaw.map(|flaw| flaw.0);
    let whole = Framing::default().feed(bytes.as_bytes());
    assert_eq!(whole.map(|flaw| flaw.0), expected, "{bytes:?} at once");
    let mut dripped = Framing::default();
    let found = bytes.as_bytes().iter().find_map(|byte| dripped.feed(&[*byte]));
    assert_eq!(found.map(|flaw| flaw.0), expected, "{bytes:?} dripped");
}

const GET: &str = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
const SIZED: &str = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nA: \n\n";
const CHUNKED: &str =
    "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;x=\"y\"\r\na\n\n\r\nA\r\n0123456789\r\n0\r\nT: 1\r\n\r\n";
const BOTH: &str = "POST / HTTP/1.1\r\ncontent-length:5\r\nTRANSFER-ENCODING: chunked\r\n\r\n0\r\n\r\n";

#[test]
fn proper_messages_in_any_order_have_no_flaw() {
    check(&[GET, SIZED, CHUNKED, "\r\n", SIZED, GET, CHUNKED, CHUNKED, GET].concat(), None);
    check("GET / HTTP/1.1\r\nX-Content-Length: 1\r\nX: Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n", None);
    check(&format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n{GET}", "content-length: 1".repeat(500)), None);
    check(&format!("GET / HTTP/1.1\r\n{}: 1\r\n\r\n{GET}", "x".repeat(500)), None);
    check("POST / HTTP/1.1\r\nTransfer-Encoding:\tChunked \r\n\r\n0000000000000003\r\nabc\r\n000\r\n\r\n", None);
}

#[test]
fn what_two_servers_could_read_differently_is_a_flaw_wherever_it_stands() {
    let chunked = |body: &str| format!("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n{body}");
    let post = |field: &str| format!("POST / HTTP/1.1\r\n{field}\r\n\r\n");
    let blanks = " ".repeat(100);
    for (message, flaw) in [
        (BOTH.to_owned(), TWO_FRAMINGS),
        (post("Transfer-Encoding: chunked\r\nContent-Length: 0"), TWO_FRAMINGS),
        (post("Content-Length: 1, 1"), NO_LENGTH),
        (post("Content-Length: +1"), NO_LENGTH),
        (post("Content-Length: 01"), NO_LENGTH),
        (post("Content-Length:"), NO_LENGTH),
        (post("Content-Length: 18446744073709551615"), NO_LENGTH),
        (post(&format!("Content-Length: {blanks}1")), NO_LENGTH),
        (post(&format!("Content-Length: 1{blanks}1")), NO_LENGTH),
        (post("Content-Length: 5\r\nContent-Length: 5"), TWO_LENGTHS),
        (post("Transfer-Encoding: gzip, chunked"), OTHER_CODING),
        (post("Transfer-Encoding: chunked;q=1"), OTHER_CODING),
        (post("Transfer-Encoding: xchunked"), OTHER_CODING),
        (post(&format!("Transfer-Encoding: chunked{blanks}, gzip")), OTHER_CODING),
        (post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"), TWO_CODINGS),
        (post("Content-Length : 5"), NO_FIELD),
        (post("X: 1\r\n Content-Length: 5"), NO_FIELD),
        (post("Content-Length"), NO_FIELD),
        (post(": 5"), NO_FIELD),
        (chunked("0\r\n: 5\r\n\r\n"), NO_FIELD),
        (chunked("0\r\nT: 5\r\n T: 5\r\n\r\n"), NO_FIELD),
        (post("X: a\rContent-Length: 5"), BARE_CR),
        ("GET / HTTP/1.1\nHost: x\r\n\r\n".into(), BARE_LF),
        ("GET / HTTP/1.1\r\nHost: x\r\n\n".into(), BARE_LF),
        ("\nGET / HTTP/1.1\r\n\r\n".into(), BARE_LF),
        (chunked("00000000000000003\r\nabc\r\n0\r\n\r\n"), NO_SIZE),
        (chunked(&format!("{}3\r\nabc\r\n0\r\n\r\n", "0".repeat(70))), NO_SIZE),
        (chunked("3 \r\nabc\r\n0\r\n\r\n"), NO_SIZE),
        (chunked("3 ;x\r\nabc\r\n0\r\n\r\n"), NO_SIZE),
        (chunked("0x3\r\nabc\r\n0\r\n\r\n"), NO_SIZE),
        (chunked("+3\r\nabc\r\n0\r\n\r\n"), NO_SIZE),
        (chunked("\r\n3\r\nabc\r\n0\r\n\r\n"), NO_SIZE),
        (chunked("3\nabc\r\n0\r\n\r\n"), BARE_LF),
        (chunked("3;\rx\r\nabc\r\n0\r\n\r\n"), BARE_CR),
        (chunked("3\r\nabcd\r\n0\r\n\r\n"), NO_END),
        (chunked("3\r\nabc\n0\r\n\r\n"), BARE_LF),
        (chunked("0\r\nT: 1\n\r\n"), BARE_LF),
        (chunked("0\r\nT: 1\r\n\n"), BARE_LF),
        (chunked("0\r\nT: 1\rX: 2\r\n\r\n"), BARE_CR),
    ] {
        for before in ["", GET, SIZED, CHUNKED] {
            check(&[before, &message].concat(), Some(flaw));
        }
    }
}

#[test]
fn after_a_flaw_nothing_is_followed() {
    let mut framing = Framing::default();
    assert!(framing.feed(BOTH.as_bytes()).is_some());
    assert!(framing.feed(BOTH.as_bytes()).is_none());
    assert_eq!(framing.stand(), Stand::Body);
}

#[test]
fn where_a_connection_stands_is_known_after_each_byte() {
    let mut framing = Framing::default();
    let mut stand = |bytes: &str| {
        assert!(framing.feed(bytes.as_bytes()).is_none());
        framing.stand()
    };
    assert_eq!(stand(""), Stand::Rest(0));
    assert_eq!(stand("\r\n"), Stand::Rest(0));
    assert_eq!(stand("G"), Stand::Head(1));
    assert_eq!(stand("ET / HTTP/1.1\r\n"), Stand::Head(1));
    assert_eq!(stand("Host: x\r\n"), Stand::Head(1));
    assert_eq!(stand("\r\n"), Stand::Rest(1));
    assert_eq!(stand("POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n"), Stand::Body);
    assert_eq!(stand("x"), Stand::Body);
    assert_eq!(stand("x"), Stand::Rest(2));
}

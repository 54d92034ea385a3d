//! Answers with an error status.

use super::hosted;

#[test]
fn a_status_and_its_words_become_a_fault() {
    let case = hosted("https://api.example.com/v1", "gpt-9");
    for (status, body, told) in [
        (
            401,
            r#"{"error":{"message":"Incorrect API key provided: sk-secret.","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}"#,
            r#"unauthenticated "Incorrect API key provided: [key].""#,
        ),
        (403, "", r#"unauthenticated "the provider answered with status 403""#),
        (402, r#"{"error":{"code":402,"message":"Insufficient credits"}}"#, r#"out_of_credit "Insufficient credits""#),
        (
            429,
            r#"{"error":{"message":"You exceeded your current quota.","type":"insufficient_quota","code":"insufficient_quota"}}"#,
            r#"out_of_credit "You exceeded your current quota.""#,
        ),
        (
            429,
            r#"{"error":{"code":"1113","message":"Insufficient balance"}}"#,
            r#"out_of_credit "Insufficient balance""#,
        ),
        (
            429,
            r#"{"error":{"message":"Request too large: tokens per min. Please try again in 28ms.","type":"tokens","code":"rate_limit_exceeded"}}"#,
            r#"rate_limited "Request too large: tokens per min. Please try again in 28ms." retry after 28ms"#,
        ),
        (
            429,
            r#"{"error":{"message":"Too many tokens: the limit is the maximum context length for each minute."}}"#,
            r#"rate_limited "Too many tokens: the limit is the maximum context length for each minute.""#,
        ),
        (
            429,
            r#"{"error":{"message":"The engine is currently overloaded","type":"engine_overloaded_error"}}"#,
            r#"unavailable "The engine is currently overloaded""#,
        ),
        (
            404,
            r#"{"error":{"message":"model not found","type":"not_found_error"}}"#,
            r#"invalid "model not found (model gpt-9)""#,
        ),
        (404, r#"{"error":"model \"gpt-9\" not found"}"#, r#"invalid "model \"gpt-9\" not found""#),
        (404, "404 page not found", r#"invalid "404 page not found (model gpt-9)""#),
        (
            400,
            r#"{"error":{"code":400,"message":"request (9000 tokens) exceeds the available context size (4096 tokens), try increasing it","type":"exceed_context_size_error","n_prompt_tokens":9000,"n_ctx":4096}}"#,
            r#"context_too_long "request (9000 tokens) exceeds the available context size (4096 tokens), try increasing it""#,
        ),
        (
            400,
            r#"{"object":"error","message":"This model's maximum context length is 4096 tokens.","type":"BadRequestError","code":400}"#,
            r#"context_too_long "This model's maximum context length is 4096 tokens.""#,
        ),
        (413, "", r#"context_too_long "the provider answered with status 413""#),
        (
            400,
            r#"{"error":{"message":"Provider returned error","code":400,"metadata":{"raw":"{\"message\":\"messages.1.content.0: Invalid `signature` in `thinking` block\"}"}}}"#,
            r#"blocks_refused "Provider returned error: {\"message\":\"messages.1.content.0: Invalid `signature` in `thinking` block\"}""#,
        ),
        (422, r#"{"detail":[{"loc":["body"],"msg":"field required"}]}"#, r#"invalid "field required""#),
        (400, r#"[{"error":{"code":400,"message":"bad","status":"INVALID_ARGUMENT"}}]"#, r#"invalid "bad""#),
        (
            400,
            r#"{"error":{"message":"Your request was rejected","code":"content_policy_violation"}}"#,
            r#"refused "Your request was rejected""#,
        ),
        (
            503,
            r#"{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}"#,
            r#"unavailable "Loading model""#,
        ),
        (502, "<html><body>Bad gateway</body></html>", r#"upstream "the provider answered with status 502""#),
        (500, r#"{"error":{"message":"\u0007 it\nbroke","type":"server_error"}}"#, r#"upstream "it broke""#),
        (408, "", r#"upstream "the provider answered with status 408""#),
        (409, "", r#"unavailable "the provider answered with status 409""#),
        (529, "", r#"unavailable "the provider answered with status 529""#),
        (301, "", r#"invalid "the provider answered with status 301""#),
    ] {
        assert_eq!(case.refused(status, body), format!("failure {told}"), "{status} {body}");
    }
}

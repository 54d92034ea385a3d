//! What a model is told of a call's result: a long one is cut, and the whole is kept as an attachment of the thread.

use std::sync::Arc;

use bytes::Bytes;
use domain::{
    AttachmentId, Kept, Result, attachment::Attachment, message::ToolCall, message::ToolResult, project::Stored,
    turn::Turn,
};
use serde_json::json;
use tools::Output;

use crate::inner::Inner;

/// A result as the model is told it.
#[derive(Clone)]
pub(super) struct Told {
    pub(super) result: ToolResult,
    /// The whole result. Its row is stored with the result.
    pub(super) whole: Option<Attachment>,
}

/// The result of the call in the model's words.
pub(super) async fn told(
    inner: &Arc<Inner>,
    turn: &Turn,
    call: &ToolCall,
    outcome: std::result::Result<Output, String>,
) -> Told {
    let most = usize::try_from(inner.limits.tool_told_bytes).unwrap_or(usize::MAX);
    let (result, whole) = match outcome {
        Err(why) => (Err(cut(&why, most, "")), None),
        Ok(Output::Json(json)) if json.text().len() <= most => (Ok(json), None),
        Ok(Output::Text(text)) if text.len() <= most => (Ok(text.into()), None),
        Ok(Output::Json(json)) => long(inner, turn, call, json.text(), "json", most).await,
        Ok(Output::Text(text)) => long(inner, turn, call, &text, "txt", most).await,
        Ok(Output::File { name, bytes }) => file(inner, turn, &name, bytes).await,
    };
    let (result, error) = match result {
        Ok(result) => (Some(result), None),
        Err(error) => (None, Some(error)),
    };
    Told { result: ToolResult { tool_call_id: call.id.clone(), result, error }, whole }
}

type Kind = (std::result::Result<Kept, String>, Option<Attachment>);

async fn long(inner: &Arc<Inner>, turn: &Turn, call: &ToolCall, text: &str, end: &str, most: usize) -> Kind {
    let media_type = if end == "json" { "application/json" } else { "text/plain" };
    let name = format!("{}.{end}", call.name);
    match keep(inner, turn, &name, media_type, text.as_bytes()).await {
        Ok(whole) => {
            let note = format!("; the whole result is the attachment {}", whole.id);
            (Ok(cut(text, most, &note).into()), Some(whole))
        }
        Err(error) => {
            tracing::warn!(?error, turn = %turn.id, "the whole result of a tool could not be stored");
            (Ok(cut(text, most, ", and the server could not store them").into()), None)
        }
    }
}

async fn file(inner: &Arc<Inner>, turn: &Turn, name: &str, bytes: Bytes) -> Kind {
    let media_type = infer::get(&bytes).map_or("application/octet-stream", |kind| kind.mime_type());
    match keep(inner, turn, &safe(name), media_type, &bytes).await {
        Ok(file) => {
            let Attachment { id, name, media_type, size_bytes, .. } = &file;
            let shown = json!({
                "attachment": id.to_string(), "name": name, "media_type": media_type, "size_bytes": size_bytes
            });
            (Ok(shown.into()), Some(file))
        }
        Err(error) => {
            tracing::warn!(?error, turn = %turn.id, "the file of a tool could not be stored");
            (Err(format!("The tool answered with a file, which the server could not store: {}", error.message)), None)
        }
    }
}

/// Stores the bytes. Until the row is stored too, nobody can name them.
async fn keep(inner: &Arc<Inner>, turn: &Turn, name: &str, media_type: &str, bytes: &[u8]) -> Result<Attachment> {
    let size_bytes = i64::try_from(bytes.len()).map_err(domain::Error::internal)?;
    inner.quotas.admit(turn.project, Stored { threads: 0, bytes: size_bytes })?;
    let mut upload = inner.blobs.upload(inner.limits.upload_bytes).await?;
    upload.write(bytes).await?;
    let blob = upload.finish().await?;
    Ok(Attachment {
        id: AttachmentId(inner.clock.id()),
        project: turn.project,
        hash: blob.hash,
        name: name.into(),
        media_type: media_type.into(),
        size_bytes,
        created_at: inner.clock.now(),
        thread: Some(turn.thread),
    })
}

/// A file's name of letters, digits and a few marks.
fn safe(name: &str) -> String {
    let kept: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')).collect();
    let kept = kept.trim_matches('.');
    if kept.is_empty() { "result".into() } else { kept.into() }
}

/// The beginning and the end of a text with more than `most` bytes, and between them how much is missing.
fn cut(text: &str, most: usize, note: &str) -> String {
    if text.len() <= most {
        return text.into();
    }
    let half = most / 2;
    let head = (0..=half).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let tail = (text.len() - half..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    let missing = tail - head;
    format!("{}\n[{missing} bytes are left out here{note}]\n{}", &text[..head], &text[tail..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_keeps_both_ends_between_characters() {
        assert_eq!(cut("abcdef", 6, ""), "abcdef");
        assert_eq!(cut("abcdefg", 4, "; x"), "ab\n[3 bytes are left out here; x]\nfg");
        assert_eq!(cut("ääää", 6, ""), "ä\n[4 bytes are left out here]\nä");
    }

    #[test]
    fn a_files_name_leads_nowhere() {
        assert_eq!(safe("..%2Fä/report 1.pdf"), "2Freport1.pdf");
        assert_eq!(safe("..."), "result");
    }
}

//! Uploads by form (`multipart/form-data`): one file in the field `file`, stored as it arrives.

use axum::{
    body::Bytes,
    extract::{FromRequest, Multipart, Request, multipart::Field},
};
use domain::{Error, Result};
use futures_util::{Stream, StreamExt, stream};
use http::{HeaderMap, header};
use tokio::sync::mpsc;

use crate::{Answer, Fault};

/// The part of a form before the file's bytes.
#[derive(Debug, Default)]
pub struct Head {
    /// The file's name as sent.
    pub name: String,
    /// Name and text of the fields before the file.
    pub fields: Vec<(String, String)>,
}

impl Head {
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(own, _)| own == name).map(|(_, text)| text.as_str())
    }
}

/// Longest field other than the file, in bytes.
const FIELD_BYTES_MAX: usize = 4_096;

pub fn is_form(headers: &HeaderMap) -> bool {
    let sent = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    sent.split(';').next().is_some_and(|essence| essence.trim().eq_ignore_ascii_case("multipart/form-data"))
}

/// Reads the form and gives its file to `store`. The fields in `known` may come before the file, each once.
///
/// # Errors
/// 415 for another content type; `invalid` unless `file` is the form's last field and all others are `known`; errors of
/// `store`.
pub async fn upload<S, F, T>(request: Request, known: &'static [&'static str], store: S) -> Answer<T>
where
    S: FnOnce(Head, stream::BoxStream<'static, Result<Bytes>>) -> F,
    F: Future<Output = Result<T>>,
{
    if request.headers().get_all(header::CONTENT_TYPE).iter().count() > 1 {
        return Err(Error::unsupported("There must be one content type").into());
    }
    let mut form = Multipart::from_request(request, &()).await?;
    let (mut pieces, mut file) = mpsc::channel(1);
    let read = async move {
        if let Err(error) = read(&mut form, known, &mut pieces).await {
            // Nobody receives it if the upload itself has failed.
            _ = pieces.send(Piece::Failure(error)).await;
        }
    };
    let store = async {
        match file.recv().await {
            Some(Piece::Head(head)) => store(head, bytes(file).boxed()).await,
            Some(Piece::Failure(error)) => Err(error),
            Some(Piece::Bytes(_)) | None => Err(not_one_file()),
        }
    };
    let ((), stored) = tokio::join!(read, store);
    Ok(stored?)
}

/// A form's file, piece by piece. The fields after the file are known before the file is stored.
enum Piece {
    Head(Head),
    Bytes(Bytes),
    Failure(Error),
}

fn bytes(file: mpsc::Receiver<Piece>) -> impl Stream<Item = Result<Bytes>> + Send {
    stream::unfold(file, async |mut file| match file.recv().await? {
        Piece::Bytes(bytes) => Some((Ok(bytes), file)),
        Piece::Failure(error) => Some((Err(error), file)),
        Piece::Head(_) => Some((Err(not_one_file()), file)),
    })
}

async fn read(form: &mut Multipart, known: &[&str], pieces: &mut mpsc::Sender<Piece>) -> Result<()> {
    let mut head = Head::default();
    let mut file = loop {
        let field = form.next_field().await.map_err(broken)?.ok_or_else(not_one_file)?;
        let name = field.name().unwrap_or_default().to_owned();
        if name == "file" {
            break field;
        }
        if !known.contains(&name.as_str()) || head.field(&name).is_some() {
            return Err(not_one_file());
        }
        let text = text(field, &name).await?;
        head.fields.push((name, text));
    };
    head.name = file.file_name().unwrap_or_default().to_owned();
    let mut open = pieces.send(Piece::Head(head)).await.is_ok();
    while let Some(bytes) = file.next().await {
        open = open && pieces.send(Piece::Bytes(bytes.map_err(broken)?)).await.is_ok();
        if !open {
            return Ok(());
        }
    }
    drop(file);
    match form.next_field().await.map_err(broken)? {
        None => Ok(()),
        Some(_) => Err(not_one_file()),
    }
}

async fn text(mut field: Field<'_>, name: &str) -> Result<String> {
    let mut text = Vec::new();
    while let Some(bytes) = field.next().await {
        text.extend_from_slice(&bytes.map_err(broken)?);
        if text.len() > FIELD_BYTES_MAX {
            return Err(Error::field(name, format!("must have at most {FIELD_BYTES_MAX} bytes")));
        }
    }
    String::from_utf8(text).map_err(|_| Error::field(name, "must be UTF-8"))
}

fn not_one_file() -> Error {
    Error::field("file", "must be the only file and the last field of the form")
}

fn broken(error: axum::extract::multipart::MultipartError) -> Error {
    *Fault::from(error).error
}

//! An upload as a form with the one field `file`.

use axum::{
    body::Bytes,
    extract::{FromRequest, Multipart, Request, multipart::Field},
};
use dialect_kit::{Answer, Fault};
use domain::{Caller, Error, Result, attachment::Attachment};
use engine::{App, Origin};
use futures_util::{StreamExt, stream};
use http::{HeaderMap, header};
use tokio::sync::mpsc;

pub fn is_form(headers: &HeaderMap) -> bool {
    let sent = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    sent.split(';').next().is_some_and(|essence| essence.trim().eq_ignore_ascii_case("multipart/form-data"))
}

/// Stores the form's file.
///
/// # Errors
/// `invalid` unless `file` is the form's one field; whatever [`App::upload`] says.
pub async fn upload(
    app: &App,
    caller: &Caller,
    request: Request,
    name: Option<String>,
    origin: Option<Origin>,
) -> Answer<Attachment> {
    if name.is_some() {
        return Err(Error::field("name", "is of a raw body; a form's file has its own").into());
    }
    let mut form = Multipart::from_request(request, app).await?;
    let (mut pieces, mut file) = mpsc::channel(1);
    let read = async move {
        if let Err(error) = read(&mut form, &mut pieces).await {
            // Nobody listens any more when the upload itself has failed.
            _ = pieces.send(Piece::Failure(error)).await;
        }
    };
    let store = async {
        let name = match file.recv().await {
            Some(Piece::Name(name)) => name,
            Some(Piece::Failure(error)) => return Err(error),
            Some(Piece::Bytes(_)) | None => return Err(not_one_file()),
        };
        let bytes = stream::unfold(file, async |mut file| match file.recv().await? {
            Piece::Bytes(bytes) => Some((Ok(bytes), file)),
            Piece::Failure(error) => Some((Err(error), file)),
            Piece::Name(_) => Some((Err(not_one_file()), file)),
        });
        app.upload(caller, &name, bytes, origin).await
    };
    let ((), stored) = tokio::join!(read, store);
    Ok(stored?)
}

/// A form's file on its way, piece by piece: first its name. What comes after the file is known before the file is stored.
enum Piece {
    Name(String),
    Bytes(Bytes),
    Failure(Error),
}

async fn read(form: &mut Multipart, pieces: &mut mpsc::Sender<Piece>) -> Result<()> {
    let Some(mut field) = form.next_field().await.map_err(broken)? else { return Err(not_one_file()) };
    if !is_file(&field) {
        return Err(not_one_file());
    }
    let name = field.file_name().unwrap_or_default().to_owned();
    let mut open = pieces.send(Piece::Name(name)).await.is_ok();
    while let Some(bytes) = field.next().await {
        open = open && pieces.send(Piece::Bytes(bytes.map_err(broken)?)).await.is_ok();
        if !open {
            return Ok(());
        }
    }
    drop(field);
    match form.next_field().await.map_err(broken)? {
        None => Ok(()),
        Some(_) => Err(not_one_file()),
    }
}

fn is_file(field: &Field<'_>) -> bool {
    field.name() == Some("file")
}

fn not_one_file() -> Error {
    Error::field("file", "must be the form's one field")
}

fn broken(error: axum::extract::multipart::MultipartError) -> Error {
    *Fault::from(error).error
}

//! Certificates of certificate authorities (CA) that the operator trusts beside those of the system.

use std::{
    fs,
    path::{Path, PathBuf},
};

use reqwest::Certificate;
use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};

/// A CA file that cannot be used. The text is for the operator.
#[derive(Debug, thiserror::Error)]
#[error("the CA file {} cannot be used: {reason}", path.display())]
pub struct BadCaFile {
    pub path: PathBuf,
    pub reason: String,
}

/// The certificates of these files, each a list of certificates in PEM.
///
/// # Errors
/// A file that cannot be read, has no certificate, or has one that cannot be a CA's.
pub(crate) fn read(files: &[PathBuf]) -> Result<Vec<Certificate>, BadCaFile> {
    let mut all = Vec::new();
    for path in files {
        all.extend(file(path).map_err(|reason| BadCaFile { path: path.clone(), reason })?);
    }
    Ok(all)
}

fn file(path: &Path) -> Result<Vec<Certificate>, String> {
    let text = fs::read(path).map_err(|error| error.to_string())?;
    let mut found = Vec::new();
    for der in CertificateDer::pem_slice_iter(&text) {
        let der = der.map_err(|error| error.to_string())?;
        found.push(Certificate::from_der(&der).map_err(|error| error.to_string())?);
        // The HTTP client refuses a bad certificate too, but only at its first request.
        RootCertStore::empty().add(der).map_err(|error| error.to_string())?;
    }
    if found.is_empty() { Err("it has no certificate in PEM".into()) } else { Ok(found) }
}

//! Checks of an agent's guests and of their widget.

use domain::{
    Error, Limits, Result,
    guests::{Asking, Contact, Files, Guests, Hours, is_time_zone},
};

use super::{at_most, budgets, chars, label, locale, not_blank, origins, settings::one_to};

/// Checks the setting `guests`, with each field by its name.
pub(crate) fn guests(guests: &Guests, limits: &Limits) -> Result<()> {
    origins("guests.origins", &guests.origins, limits)?;
    budgets("guests.budgets", &guests.budgets, limits)?;
    if let Some(title) = &guests.title {
        label("guests.title", title, limits.guest_title_chars)?;
    }
    if let Some(greeting) = &guests.greeting {
        text("guests.greeting", greeting, limits)?;
    }
    if guests.greeting_after_s.is_some_and(|after| after < 0 || after.unsigned_abs() > limits.guest_greeting_s) {
        let most = limits.guest_greeting_s;
        return Err(Error::field("guests.greeting_after_s", format!("must be between 0 and {most}")));
    }
    if guests.colour.as_deref().is_some_and(|colour| !is_colour(colour)) {
        return Err(Error::field("guests.colour", "must be `#` and six hexadecimal digits, as `#1e5ba1`"));
    }
    texts(guests, limits)?;
    guests.ask.as_ref().map_or(Ok(()), |ask| asking(ask, limits))?;
    guests.files.as_ref().map_or(Ok(()), |own| files(own, limits))?;
    guests.contact.as_ref().map_or(Ok(()), |own| contact(own, limits))
}

fn text(path: &str, text: &str, limits: &Limits) -> Result<()> {
    not_blank(path, text)?;
    chars(path, text, limits.guest_text_chars)
}

fn is_colour(text: &str) -> bool {
    let digits = text.strip_prefix('#').unwrap_or_default();
    digits.len() == 6 && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

fn texts(guests: &Guests, limits: &Limits) -> Result<()> {
    at_most("guests.texts", "languages", guests.texts.len(), limits.guest_languages)?;
    guests.texts.iter().try_for_each(|(language, own)| {
        locale("guests.texts", language, limits)?;
        let path = format!("guests.texts.{language}");
        at_most(&path, "texts", own.len(), limits.guest_texts)?;
        own.iter().try_for_each(|(name, words)| {
            let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
            if !is_name {
                return Err(Error::field(&path, "must have names of ASCII letters, digits and `_`"));
            }
            chars(&path, name, limits.name_chars)?;
            text(&format!("{path}.{name}"), words, limits)
        })
    })
}

fn asking(ask: &Asking, limits: &Limits) -> Result<()> {
    one_to("guests.ask.most_waiting", ask.most_waiting, limits.guest_waiting)?;
    ask.hours.as_ref().map_or(Ok(()), |own| hours(own, limits))
}

fn hours(hours: &Hours, limits: &Limits) -> Result<()> {
    const PATH: &str = "guests.ask.hours";
    if !is_time_zone(&hours.time_zone) {
        let why = "must be a name of the time zone database, as `Europe/Berlin`";
        return Err(Error::field(format!("{PATH}.time_zone"), why));
    }
    at_most(&format!("{PATH}.open"), "stretches", hours.open.len(), limits.guest_hours)?;
    hours.open.iter().enumerate().try_for_each(|(i, span)| {
        let path = format!("{PATH}.open.{i}");
        if span.days.is_empty() || span.days.len() > 7 {
            return Err(Error::field(format!("{path}.days"), "must have 1 to 7 days"));
        }
        match span.minutes() {
            Some(_) => Ok(()),
            None => Err(Error::field(path, "must have `from` before `to`, as `09:00` and `17:00`")),
        }
    })
}

fn files(files: &Files, limits: &Limits) -> Result<()> {
    const PATH: &str = "guests.files";
    if files.types.is_empty() {
        return Err(Error::field(format!("{PATH}.types"), "must not be empty"));
    }
    at_most(&format!("{PATH}.types"), "types", files.types.len(), limits.guest_file_types)?;
    files.types.iter().enumerate().try_for_each(|(i, own)| {
        let path = format!("{PATH}.types.{i}");
        chars(&path, own, limits.part_name_chars)?;
        match is_media_type(own) {
            true => Ok(()),
            false => Err(Error::field(path, "must be a media type in lower case, as `image/png` or `image/*`")),
        }
    })?;
    one_to("guests.files.bytes", Some(files.bytes), limits.upload_bytes)
}

fn is_media_type(text: &str) -> bool {
    let is_word = |word: &str| {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+');
        !word.is_empty() && word.bytes().all(plain)
    };
    text.split_once('/').is_some_and(|(kind, rest)| is_word(kind) && (rest == "*" || is_word(rest)))
}

fn contact(contact: &Contact, limits: &Limits) -> Result<()> {
    if !contact.name && !contact.email {
        return Err(Error::field("guests.contact", "must ask for `name` or `email`"));
    }
    contact.consent.as_ref().map_or(Ok(()), |consent| text("guests.contact.consent", consent, limits))
}

//! Reading a body to its end, and reading JSON that is not quite JSON.

use bytes::{Bytes, BytesMut};

use super::judge::Trouble;
use super::{Misread, redact};

/// Reads everything, up to a cap.
pub(super) async fn read_to_end(
    mut response: reqwest::Response,
    bytes_max: usize,
) -> Result<Bytes, Trouble> {
    let promised = response.content_length().and_then(|length| usize::try_from(length).ok());
    let mut body = BytesMut::with_capacity(promised.unwrap_or(0).min(bytes_max).min(1 << 20));
    loop {
        let part = response.chunk().await.map_err(|error| Trouble::from_transport(&error))?;
        let Some(part) = part else { return Ok(body.freeze()) };
        if body.len() + part.len() > bytes_max {
            let what = format!("its answer is longer than the {bytes_max} bytes we accept");
            return Err(Trouble::Misread(Misread::Nonsense(what)));
        }
        body.extend_from_slice(&part);
    }
}

/// Reads a body with `parse`, which borrows from the bytes it is given.
///
/// Some bodies hold raw control characters or broken UTF-8 inside strings. They are mended, once
/// and with a word in the log, because the records beside them are good.
pub fn read_json<T>(
    body: &Bytes,
    parse: impl Fn(&Bytes) -> serde_json::Result<T>,
) -> Result<T, Misread> {
    let error = match parse(body) {
        Ok(read) => return Ok(read),
        Err(error) => error,
    };
    let mended = if error.is_syntax() { mend(body) } else { None };
    match mended {
        Some((mended, places)) => {
            tracing::warn!(places, "Mended {places} bad bytes inside the strings of an answer");
            parse(&mended).map_err(|error| misread(body, &error))
        }
        None => Err(misread(body, &error)),
    }
}

/// The parser's own words may quote the body, so they are not repeated.
fn misread(body: &[u8], error: &serde_json::Error) -> Misread {
    if error.is_eof() {
        return Misread::Broken(format!(
            "its answer ends after {} bytes, in the middle",
            body.len()
        ));
    }
    if error.is_syntax() {
        return Misread::Broken("its answer is not JSON".to_owned());
    }
    let said = redact::said(body);
    if said.starts_with("no ") {
        Misread::Nonsense("its answer does not have the promised fields".to_owned())
    } else {
        Misread::ErrorBody(format!("it answered with an error in the place of data ({said})"))
    }
}

/// Escapes control characters inside strings and replaces what is not UTF-8.
///
/// Gives the mended body and how many places were bad; `None` when nothing was.
fn mend(body: &[u8]) -> Option<(Bytes, usize)> {
    let text = String::from_utf8_lossy(body);
    let mut places = usize::from(matches!(text, std::borrow::Cow::Owned(_)));
    let mut mended = String::with_capacity(text.len() + 64);
    let (mut in_string, mut escaped) = (false, false);
    for letter in text.chars() {
        if in_string && letter < ' ' {
            places += 1;
            if escaped {
                // A backslash before a raw control character escapes nothing.
                mended.push('\\');
            }
            mended.extend("\\u00".chars().chain(hex(letter)));
            escaped = false;
            continue;
        }
        match letter {
            '"' if !escaped => in_string = !in_string,
            '\\' if in_string => escaped = !escaped,
            _ => {}
        }
        if letter != '\\' {
            escaped = false;
        }
        mended.push(letter);
    }
    (places > 0).then(|| (Bytes::from(mended), places))
}

/// The two digits of a character below U+0020.
fn hex(letter: char) -> [char; 2] {
    let digit = |value: u32| char::from_digit(value & 0xf, 16).unwrap_or('0');
    [digit(u32::from(letter) >> 4), digit(u32::from(letter))]
}

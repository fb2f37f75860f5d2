//! Texts on their way into the database.

use std::borrow::Cow;

/// The text without U+0000, which PostgreSQL refuses: each becomes U+FFFD, on both engines, in
/// rows and in what is looked up. The raw record keeps its bytes.
pub(crate) fn text(text: &str) -> Cow<'_, str> {
    if text.contains('\0') {
        Cow::Owned(text.replace('\0', "\u{FFFD}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// The same for a text that may be absent.
pub(crate) fn text_opt(optional: Option<&str>) -> Option<Cow<'_, str>> {
    optional.map(text)
}

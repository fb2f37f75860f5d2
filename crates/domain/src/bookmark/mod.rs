//! How far somebody has read the changes of calls.
//!
//! Each source counts its revisions. A bookmark says up to which of them its bearer has read each
//! source, and which source a page broke off in, so that the next begins with another.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::{SourceId, hex, unhex};

/// Up to where the changes of each source were read. As a text it is made of letters, digits, `.`
/// and `_`, so that it can stand in an address as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bookmark {
    read: BTreeMap<SourceId, ReadTo>,
    cut: Option<SourceId>,
}

/// Up to where the changes of one source were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadTo {
    /// The last revision of which anything was read.
    pub revision: i64,
    /// The last call read of it, where there may be more; otherwise it was read whole.
    pub call: Option<String>,
}

/// A call whose change was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revised<'c> {
    /// The source.
    pub source: SourceId,
    /// The revision of that source.
    pub revision: i64,
    /// The provider's id of the call.
    pub call: &'c str,
}

/// A text that is no bookmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no bookmark; one is what a page of changes named as its next")]
pub struct NotABookmark;

impl Bookmark {
    /// Up to where a source was read; nothing where it was not.
    pub fn of(&self, source: SourceId) -> Option<&ReadTo> {
        self.read.get(&source)
    }

    /// Every source it speaks of.
    pub fn sources(&self) -> impl Iterator<Item = (SourceId, &ReadTo)> {
        self.read.iter().map(|(source, to)| (*source, to))
    }

    /// These sources in the order in which the next page reads them: the one that the page before
    /// broke off in is the last, so that none with many changes keeps the others waiting.
    pub fn in_turn(&self, mut sources: Vec<SourceId>) -> Vec<SourceId> {
        sources.sort_unstable();
        let first = sources.partition_point(|source| self.cut.is_some_and(|cut| *source <= cut));
        sources.rotate_left(first);
        sources
    }

    /// Where it is once these were read, in this order; `unread` is the next that was not. Nothing
    /// read leaves it as it is.
    #[must_use]
    pub fn after<'c>(
        &self,
        read: impl IntoIterator<Item = Revised<'c>>,
        unread: Option<Revised<'_>>,
    ) -> Self {
        let mut after = self.clone();
        let mut last = None;
        for one in read {
            after.read.insert(one.source, ReadTo { revision: one.revision, call: None });
            last = Some(one);
        }
        let Some(last) = last else { return after };
        after.cut = unread.map(|_| last.source);
        let is_torn =
            |next: &Revised<'_>| (next.source, next.revision) == (last.source, last.revision);
        if unread.as_ref().is_some_and(is_torn) {
            let call = Some(last.call.to_owned());
            after.read.insert(last.source, ReadTo { revision: last.revision, call });
        }
        after
    }
}

/// The first part of each, so that another way of writing them can be told apart.
const FORM: &str = "r1";

impl fmt::Display for Bookmark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(FORM)?;
        if let Some(cut) = self.cut {
            write!(f, ".{cut}")?;
        }
        for (source, to) in &self.read {
            write!(f, "_{source}.{}", to.revision)?;
            if let Some(call) = &to.call {
                write!(f, ".{}", hex(call.as_bytes()))?;
            }
        }
        Ok(())
    }
}

impl FromStr for Bookmark {
    type Err = NotABookmark;

    fn from_str(text: &str) -> Result<Self, NotABookmark> {
        let mut parts = text.split('_');
        let cut = match parts.next().and_then(|first| first.strip_prefix(FORM)) {
            Some("") => None,
            Some(rest) => Some(number(rest.strip_prefix('.'))?),
            None => return Err(NotABookmark),
        };
        let mut bookmark = Self { read: BTreeMap::new(), cut: cut.map(SourceId) };
        for part in parts {
            let mut words = part.splitn(3, '.');
            let source = SourceId(number(words.next())?);
            let revision = number(words.next())?;
            let call = words.next().map(id).transpose()?;
            if bookmark.read.insert(source, ReadTo { revision, call }).is_some() {
                return Err(NotABookmark);
            }
        }
        Ok(bookmark)
    }
}

/// A number as it is written here, and in no other way.
fn number(text: Option<&str>) -> Result<i64, NotABookmark> {
    let text = text.filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    text.and_then(|text| text.parse().ok()).ok_or(NotABookmark)
}

fn id(written: &str) -> Result<String, NotABookmark> {
    unhex(written).and_then(|bytes| String::from_utf8(bytes).ok()).ok_or(NotABookmark)
}

#[cfg(test)]
mod tests;

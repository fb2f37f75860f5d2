//! Proof that a walk along a provider's cursor came to the provider's own end.

use std::collections::HashSet;

use xxhash_rust::xxh3::xxh3_64;

use super::Doubt;

/// What one page of a list without total said about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CursorFacts<'a> {
    /// Where the next page begins, as the provider says; `None` is its end mark.
    pub next: Option<&'a str>,
    /// The id of each record; `None` for a record that has none we can read.
    pub ids: Vec<Option<&'a str>>,
}

/// The memory of one walk along a cursor.
///
/// Such a list has no total: it is whole when the provider itself said that it ends, and no page
/// and no cursor came twice on the way.
#[derive(Debug, Clone, Default)]
pub struct CursorWalk {
    pages: u64,
    // Hashes instead of texts: a collision makes us count too few or doubt, never too many.
    seen: HashSet<u64>,
    cursors: HashSet<u64>,
    unidentified: u64,
    has_ended: bool,
    doubt: Option<Doubt>,
}

impl CursorWalk {
    /// Takes in a page and tells, per record, whether this walk saw it before.
    pub fn page(&mut self, facts: &CursorFacts<'_>) -> Vec<bool> {
        self.pages += 1;
        let repeated: Vec<bool> = facts.ids.iter().map(|id| self.is_repeated(*id)).collect();
        if !repeated.is_empty() && repeated.iter().all(|again| *again) {
            self.doubt(Doubt::PageRepeated { page: self.pages });
        }
        match facts.next {
            None => self.has_ended = true,
            Some(next) if !self.cursors.insert(xxh3_64(next.as_bytes())) => {
                self.doubt(Doubt::CursorRepeated { page: self.pages });
            }
            Some(_) => {}
        }
        repeated
    }

    /// Takes in records that were found beside the list's own pages, by asking for part of the
    /// same window in another way, and tells, per record, whether this walk saw it before.
    pub fn beside<'a>(&mut self, ids: impl Iterator<Item = Option<&'a str>>) -> Vec<bool> {
        ids.map(|id| self.is_repeated(id)).collect()
    }

    fn is_repeated(&mut self, id: Option<&str>) -> bool {
        let Some(id) = id else {
            self.unidentified += 1;
            return false;
        };
        !self.seen.insert(xxh3_64(id.as_bytes()))
    }

    /// Notes a reason to doubt; the first one stays.
    pub fn doubt(&mut self, doubt: Doubt) {
        self.doubt.get_or_insert(doubt);
    }

    /// Whether another page is worth asking for: the provider named one, and nothing came twice.
    pub fn goes_on(&self) -> bool {
        !self.has_ended && self.doubt.is_none()
    }

    /// Distinct records seen so far.
    pub fn distinct(&self) -> u64 {
        self.seen.len() as u64 + self.unidentified
    }

    /// How many distinct records there are, if the provider itself ended the list.
    pub fn verdict(&self) -> Result<u64, Doubt> {
        match &self.doubt {
            Some(doubt) => Err(doubt.clone()),
            None if self.pages == 0 => Err(Doubt::NothingRead),
            None if !self.has_ended => Err(Doubt::NoEndMark { pages: self.pages }),
            None => Ok(self.distinct()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pages as `next: ids`, where an empty `next` is the end mark and `?` is without id.
    fn check(pages: &[&str], verdict: &str) {
        let mut walk = CursorWalk::default();
        for page in pages {
            let (next, ids) = page.split_once(':').expect("the test writes a colon");
            let ids = ids.split_whitespace().map(|id| (id != "?").then_some(id)).collect();
            walk.page(&CursorFacts { next: (!next.is_empty()).then_some(next), ids });
        }
        let said = match walk.verdict() {
            Ok(calls) => format!("proved {calls}"),
            Err(doubt) => doubt.to_string(),
        };
        assert_eq!(said, verdict, "{pages:?}");
    }

    #[test]
    fn a_list_the_provider_ended_itself_is_proved() {
        check(&["1: a b", ": c"], "proved 3");
        check(&["1: a b", ":"], "proved 2");
        check(&[":"], "proved 0");
        check(&["1: a ?", ": a ?"], "proved 3");
    }

    #[test]
    fn a_list_without_its_end_is_doubted() {
        check(&[], "no page was read, so nothing is known about this window");
        check(&["1: a"], "the list went on after page 1, and was not read further");
    }

    #[test]
    fn what_was_found_beside_the_pages_counts_once_and_doubts_nothing() {
        let mut walk = CursorWalk::default();
        walk.page(&CursorFacts { next: Some("1"), ids: vec![Some("a"), Some("b")] });
        walk.page(&CursorFacts { next: None, ids: vec![Some("d")] });
        assert_eq!(walk.beside([Some("b"), Some("c"), Some("c")].into_iter()), [true, false, true]);
        assert_eq!(walk.verdict(), Ok(4));
    }

    #[test]
    fn what_comes_twice_is_doubted() {
        check(&["1: a", ": a"], "page 2 repeats records of earlier pages only");
        check(&["1: a", "1: b", ": c"], "page 2 names a next page that was named before");
    }
}

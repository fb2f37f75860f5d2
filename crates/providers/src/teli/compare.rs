//! Two enumerations of the same calls, compared. Pure.

use std::collections::BTreeSet;

/// How far list and export agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Agreement {
    /// Calls both have.
    pub both: usize,
    /// Calls only the list has.
    pub only_list: usize,
    /// Calls only the export has.
    pub only_export: usize,
}

/// Compares the ids of two enumerations.
pub fn compare(list: &BTreeSet<String>, export: &BTreeSet<String>) -> Agreement {
    Agreement {
        both: list.intersection(export).count(),
        only_list: list.difference(export).count(),
        only_export: export.difference(list).count(),
    }
}

impl Agreement {
    /// Whether neither side lacks anything.
    pub fn is_whole(self) -> bool {
        self.only_list == 0 && self.only_export == 0
    }

    /// The result in words.
    pub fn sentence(self) -> String {
        let Self { both, only_list, only_export } = self;
        match (only_list, only_export) {
            (0, 0) => format!("list and export agree on {both} calls"),
            (lacking, 0) => {
                format!("list and export agree on {both} calls; the export lacks {lacking} more")
            }
            (0, lacking) => {
                format!("list and export agree on {both} calls; the list lacks {lacking} more")
            }
            _ => format!(
                "list and export agree on {both} calls; the export lacks {only_list} of the list's, \
                 the list {only_export} of the export's"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(list: &str, export: &str, sentence: &str) {
        let ids = |text: &str| text.split_whitespace().map(str::to_owned).collect();
        let agreement = compare(&ids(list), &ids(export));
        assert!(agreement.sentence().ends_with(sentence), "{}", agreement.sentence());
        assert_eq!(agreement.is_whole(), sentence.starts_with("list and export"));
    }

    #[test]
    fn the_sentence_says_which_side_lacks_how_many() {
        check("a b", "b a", "list and export agree on 2 calls");
        check("", "", "list and export agree on 0 calls");
        check("a b c", "b", "on 1 calls; the export lacks 2 more");
        check("b", "a b", "on 1 calls; the list lacks 1 more");
        check("a b", "b c d", "the export lacks 1 of the list's, the list 2 of the export's");
    }
}

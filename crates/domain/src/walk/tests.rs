use proptest::prelude::*;

use super::{PageFacts, Walk};

/// Pages as `asked/echoed of total: ids`, where `?` is a record without an id.
fn check(pages: &[&str], verdict: &str) {
    let mut walk = Walk::default();
    for page in pages {
        let (facts, ids) = page.split_once(':').expect("the test writes a colon");
        let numbers: Vec<u64> =
            facts.split(['/', ' ']).filter_map(|number| number.parse().ok()).collect();
        let ids = ids.split_whitespace().map(|id| (id != "?").then_some(id)).collect();
        let facts = PageFacts { asked: numbers[0], echoed: numbers[1], total: numbers[2], ids };
        walk.page(&facts);
    }
    let said = match walk.verdict() {
        Ok(calls) => format!("proved {calls}"),
        Err(doubt) => doubt.to_string(),
    };
    assert_eq!(said, verdict, "{pages:?}");
}

#[test]
fn total_before_equal_to_total_after_equal_to_distinct_records_is_proof() {
    check(&["1/1 of 3: a b", "2/2 of 3: c"], "proved 3");
    check(&["1/1 of 3: a b", "2/2 of 3: c", "3/3 of 3:"], "proved 3");
    check(&["1/1 of 3: a b", "2/2 of 3: b c"], "proved 3");
}

#[test]
fn an_empty_list_with_a_total_of_zero_is_proved_empty() {
    check(&["1/1 of 0:"], "proved 0");
}

#[test]
fn a_walk_that_read_no_page_proves_nothing() {
    check(&[], "no page was read, so nothing is known about this window");
}

#[test]
fn an_empty_list_with_a_total_is_no_empty_window() {
    check(&["1/1 of 3:"], "the provider says there are 3 calls and lists 0");
}

#[test]
fn a_list_that_is_longer_or_shorter_than_its_total_is_doubted() {
    check(&["1/1 of 3: a b"], "the provider says there are 3 calls and lists 2");
    check(&["1/1 of 1: a b"], "the provider says there are 1 calls and lists 2");
    check(&["1/1 of 0: a"], "the provider says there are 0 calls and lists 1");
}

#[test]
fn a_total_that_moves_while_pages_are_read_is_doubted() {
    let moved = "the provider's total moved from 3 to 4 while its pages were read";
    check(&["1/1 of 3: a b", "2/2 of 4: c d"], moved);
    check(&["1/1 of 3: a b", "2/2 of 4: c", "3/3 of 3:"], moved);
}

#[test]
fn another_page_than_the_one_asked_for_is_doubted() {
    check(&["1/1 of 3: a b", "2/1 of 3: a c"], "page 2 was asked for and page 1 came");
}

#[test]
fn a_page_that_repeats_earlier_ones_is_doubted() {
    let again = "page 2 repeats records of earlier pages only";
    check(&["1/1 of 2: a b", "2/2 of 2: a b"], again);
    check(&["1/1 of 2: a b", "2/2 of 2: b"], again);
}

#[test]
fn records_without_an_id_count_each() {
    check(&["1/1 of 3: a ? ?"], "proved 3");
    check(&["1/1 of 2: ? ?", "2/2 of 2: ? ?"], "the provider says there are 2 calls and lists 4");
}

#[test]
fn a_page_tells_which_of_its_records_came_before() {
    let mut walk = Walk::default();
    let facts = |asked, ids| PageFacts { asked, echoed: asked, total: 3, ids };
    assert_eq!(walk.page(&facts(1, vec![Some("a"), Some("a"), None])), [false, true, false]);
    assert_eq!(walk.page(&facts(2, vec![Some("a"), Some("b"), None])), [true, false, false]);
}

proptest! {
    #[test]
    fn a_lost_record_is_never_proved(
        calls in 1..40_usize, page_size in 1..10_usize, lost in any::<prop::sample::Index>(),
    ) {
        let ids: Vec<String> = (0..calls).map(|id| id.to_string()).collect();
        let read = |skipped: Option<usize>| {
            let mut walk = Walk::default();
            for (page, ids) in (1..).zip(ids.chunks(page_size)) {
                let seen = ids.iter().filter(|id| skipped.is_none_or(|lost| **id != lost.to_string()));
                let ids = seen.map(|id| Some(id.as_str())).collect();
                walk.page(&PageFacts { asked: page, echoed: page, total: calls as u64, ids });
            }
            walk.verdict()
        };
        prop_assert_eq!(read(None), Ok(calls as u64));
        prop_assert!(read(Some(lost.index(calls))).is_err());
    }
}

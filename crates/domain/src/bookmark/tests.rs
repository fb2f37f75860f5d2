use proptest::prelude::*;

use super::*;

fn revised(source: i64, revision: i64, call: &str) -> Revised<'_> {
    Revised { source: SourceId(source), revision, call }
}

#[test]
fn nothing_read_is_a_text_too_and_reading_nothing_moves_nothing() {
    let none = Bookmark::default();
    assert_eq!(none.to_string(), "r1");
    let some: Bookmark = "r1.2_1.17_2.9.6361".parse().expect("it is one");
    assert_eq!(some.after([], None), some);
    assert_eq!(some.after([], Some(revised(2, 9, "cb"))), some);
}

#[test]
fn a_revision_is_read_whole_unless_the_page_breaks_off_in_it() {
    let page = [revised(1, 4, "a"), revised(1, 4, "b"), revised(2, 7, "c")];
    let check = |unread: Option<Revised<'_>>, written: &str| {
        assert_eq!(Bookmark::default().after(page, unread).to_string(), written);
    };
    check(None, "r1_1.4_2.7");
    check(Some(revised(2, 7, "d")), "r1.2_1.4_2.7.63");
    check(Some(revised(2, 8, "a")), "r1.2_1.4_2.7");
    check(Some(revised(3, 7, "d")), "r1.2_1.4_2.7");
}

#[test]
fn the_source_a_page_broke_off_in_is_the_last_of_the_next() {
    let turn = |bookmark: &str| {
        let bookmark: Bookmark = bookmark.parse().expect("it is one");
        let sources = bookmark.in_turn(vec![SourceId(3), SourceId(1), SourceId(2)]);
        sources.iter().map(|source| source.0).collect::<Vec<_>>()
    };
    assert_eq!(turn("r1_2.5"), [1, 2, 3]);
    assert_eq!(turn("r1.1_1.5"), [2, 3, 1]);
    assert_eq!(turn("r1.3"), [1, 2, 3]);
    assert_eq!(turn("r1.9"), [1, 2, 3]);
}

#[test]
fn what_is_no_bookmark_is_refused() {
    let others = [
        "",
        "r",
        "r2",
        "r1_",
        "r1.",
        "r1.x",
        "r1_1",
        "r1_1.",
        "r1_1.-2",
        "r1_1.+2",
        "r1_1.2.6",
        "r1_1.2.zz",
        "r1_1.2.ff",
        "r1_1.2_1.3",
        "r1_99999999999999999999.1",
        "r1_1.2.63.63",
        " r1",
        "r1\n",
        "R1",
        "r1_１.2",
    ];
    for other in others {
        assert_eq!(other.parse::<Bookmark>(), Err(NotABookmark), "{other:?}");
    }
}

proptest! {
    #[test]
    fn a_bookmark_comes_back_as_it_was_written(
        read in proptest::collection::btree_map(
            0..=i64::MAX, (0..=i64::MAX, proptest::option::of(".{0,9}")), 0..5,
        ),
        cut in proptest::option::of(0..=i64::MAX),
    ) {
        let to = |(source, (revision, call))| (SourceId(source), ReadTo { revision, call });
        let bookmark =
            Bookmark { read: read.into_iter().map(to).collect(), cut: cut.map(SourceId) };
        let text = bookmark.to_string();
        prop_assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._".contains(&byte)));
        prop_assert_eq!(text.parse::<Bookmark>(), Ok(bookmark));
    }

    #[test]
    fn any_other_text_is_refused_or_written_alike(text in "r1[0-9a-f._]{0,20}") {
        if let Ok(bookmark) = text.parse::<Bookmark>() {
            prop_assert_eq!(bookmark.to_string().parse::<Bookmark>(), Ok(bookmark));
        }
    }
}

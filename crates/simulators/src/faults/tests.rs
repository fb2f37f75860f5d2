use super::{FaultBook, On, What};

fn strikes(on: On, pages: &[u32]) -> Vec<bool> {
    let book = FaultBook::default();
    book.add(on.gives(What::Hang));
    pages.iter().map(|&page| !book.meet("/voice-ai/dashboard/call-logs", page).is_empty()).collect()
}

#[test]
fn a_fault_strikes_the_first_matching_request_once() {
    assert_eq!(strikes(On::path("call-logs"), &[1, 2, 1]), [true, false, false]);
}

#[test]
fn a_fault_may_start_late_and_last() {
    let on = On::path("").from_nth(2).times(2);
    assert_eq!(strikes(on, &[1, 2, 3, 4]), [false, true, true, false]);
    assert_eq!(
        strikes(On::path("").from_nth(3).forever(), &[1, 1, 1, 1]),
        [false, false, true, true]
    );
}

#[test]
fn a_fault_on_a_page_counts_only_that_page() {
    let on = On::path("call-logs").page(2).from_nth(2);
    assert_eq!(strikes(on, &[2, 1, 1, 2, 2]), [false, false, false, true, false]);
}

#[test]
fn a_fault_may_look_for_something_in_the_query() {
    let book = FaultBook::default();
    book.add(On::path("sort=ascend").gives(What::Hang));
    assert!(book.meet("/call-logs?sort=descend", 1).is_empty());
    assert_eq!(book.meet("/call-logs?sort=ascend", 1).len(), 1);
}

#[test]
fn a_fault_on_another_path_never_strikes() {
    assert_eq!(strikes(On::path("/agents").forever(), &[1, 2]), [false, false]);
}

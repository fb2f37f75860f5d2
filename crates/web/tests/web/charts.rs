//! Charts: what they show, and that many viewers cost no more than one.

use std::borrow::Cow;

use domain::{Because, Call, ContentHash, Placement, ProviderCallId, ProviderTime};
use store::NewCall;

use crate::browser::Browser;
use crate::folder;
use crate::sample::{self, NOW, at};
use crate::world::plain_call;

/// The number of calls that the page tells.
fn calls(page: &str) -> u64 {
    let (before, _) = page.split_once("</b>calls in 30 days").expect("the page tells it");
    let (_, number) = before.rsplit_once("<b>").expect("it is a number");
    number.replace(',', "").parse().expect("it is a number")
}

#[tokio::test]
async fn charts_are_counted_once_for_all_who_look_within_a_minute() {
    let folder = folder();
    let state = sample::usual(folder.path(), "Agent").await;
    let mut one = Browser::of(&state);
    let page = one.get("/charts").await.text;
    let counted = calls(&page);
    assert!(counted > 100, "{page}");
    for title in [
        "Calls by day",
        "Calls by hour of the day",
        "How long calls were",
        "Runs that came to a good end",
        "How late calls were listed",
        "Calls that runs did not place, by day",
        "Why they were not placed",
    ] {
        assert!(page.contains(title), "{title}: {page}");
    }
    // Of five runs a day that ended, one failed: the day stands below the line of the goal.
    assert!(page.contains("10 of 12 runs came to a good end"), "{page}");
    assert!(page.contains("class=\"goal\""), "{page}");
    assert!(page.contains("agent not assigned to user"), "{page}");

    let row = state.store.source_by_name("main").await.expect("it answers").expect("it is there");
    let account = state.store.account_by_name("Northwind Dental").await;
    let account = account.expect("it answers").expect("it is there").id;
    let because = Because::AgentAssignment;
    let placement = Placement::Placed { account, agent: None, because, decided_by: None };
    let call = Call {
        provider_call_id: ProviderCallId("one more".to_owned()),
        occurred_at: ProviderTime { at: at(NOW), text: NOW.to_owned() },
        ..plain_call()
    };
    let new = NewCall::first(Cow::Owned(call), placement, ContentHash::from_bytes([2; 16]));
    let mut tx = state.store.begin().await.expect("nobody else writes");
    tx.calls_write(row.id, 1, "poll", at(NOW), &[new]).await.expect("it is new");
    tx.commit().await.expect("there is room");
    assert_eq!(calls(&one.get("/charts").await.text), counted, "nothing is counted again");
    assert_eq!(calls(&one.get("/charts?source=west").await.text), calls_of_west(&state).await);
    let mut other = Browser::of(&state);
    assert_eq!(calls(&other.get("/charts").await.text), counted + 1, "another process counts anew");
}

async fn calls_of_west(state: &web::State) -> u64 {
    let mut alone = Browser::of(state);
    calls(&alone.get("/charts?source=west").await.text)
}

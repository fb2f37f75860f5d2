//! The pages show what the store holds, and nothing a provider sends becomes markup.

use axum::http::StatusCode;
use domain::{RunKind, RunStatus, SourceId};
use store::{RunEnd, Scope};

use crate::{folder, get, sample};

/// Ids of the sample's failed and last run.
const FAILED_RUN: &str = "/runs/4";

#[tokio::test]
async fn the_first_page_shows_the_numbers_of_the_store() {
    let folder = folder();
    let state = sample::usual(folder.path(), "Agent – ENG").await;
    let page = get(&state, "/").await;
    assert_eq!(page.status, StatusCode::OK);
    let mut stored = 0;
    let mut waiting = 0;
    for source in [SourceId(1), SourceId(2)] {
        let totals = state.store.totals(Scope::Operator, source).await.expect("it answers");
        stored += totals.calls;
        waiting += totals.waiting;
    }
    assert_eq!(stored, 1500);
    assert!(page.text.contains("<b>1,501</b> calls accounted for so far"), "{}", page.text);
    assert!(page.text.contains("<b>1,500</b> stored"));
    assert!(page.text.contains(&format!("<b>{waiting}</b> waiting")));
    assert!(page.text.contains("1 window (1 d) is not proved"));
    assert!(page.text.contains("3 Nov 2026: unproven"));
    let assign = "/assign?source=main&#38;what=agent&#38;value=agent-2";
    assert!(page.text.contains(assign), "{}", page.text);
    let command = "everycall assign &#34;Agent – ENG&#34; --source main --account NAME";
    assert!(get(&state, "/waiting").await.text.contains(command));
}

#[tokio::test]
async fn only_a_history_without_a_gap_is_called_accounted_for() {
    let folder = folder();
    let state = sample::usual(folder.path(), "Agent – ENG").await;
    let whole = "<b>1,501</b> calls listed by the providers, 1,501 accounted for";
    assert!(!get(&state, "/").await.text.contains(whole));
    sample::prove_the_rest(&state).await;
    let page = get(&state, "/").await.text;
    assert!(page.contains(whole) && page.contains("Proved without a gap from 24 Aug 2026"));
}

#[tokio::test]
async fn the_first_page_says_how_to_begin() {
    let folder = folder();
    let state = sample::empty(folder.path()).await;
    assert!(get(&state, "/").await.text.contains("<code>everycall init</code>"));

    let mut tx = state.store.begin().await.expect("nobody else writes");
    sample::source(&mut tx, "main", "2026-08-24").await;
    tx.commit().await.expect("there is room");
    let page = get(&state, "/").await.text;
    assert!(page.contains("Nothing has been read yet"));
    assert!(page.contains("<code>everycall sync</code>"));
}

#[tokio::test]
async fn a_run_shows_its_accounts_its_error_and_its_log() {
    let folder = folder();
    let state = sample::usual(folder.path(), "Agent – ENG").await;
    let first = get(&state, "/runs/1").await.text;
    for wanted in ["<b>1,241</b>listed", "<b>1,200</b>new", "<b>40</b>repeated", "call-00000"] {
        assert!(first.contains(wanted), "{wanted}");
    }
    let failed = get(&state, FAILED_RUN).await.text;
    assert!(failed.contains("the provider did not answer page 1"));
    assert!(failed.contains("What to do: run `everycall doctor`"));
    assert!(failed.contains("Page 2 came again"));
}

#[tokio::test]
async fn the_pages_of_the_list_hold_every_call_once() {
    let folder = folder();
    let state = sample::usual(folder.path(), "Agent – ENG").await;
    let mut path = "/calls?source=west".to_owned();
    let mut rows = 0;
    loop {
        let page = get(&state, &path).await.text;
        rows += page.matches("<th scope=\"row\"").count();
        let Some((before, _)) = page.split_once("\" rel=\"next\"") else { break };
        let (_, next) = before.rsplit_once("href=\"").expect("it is a link");
        path = next.replace("&#38;", "&");
    }
    let totals = state.store.totals(Scope::Operator, SourceId(2)).await.expect("it answers");
    assert_eq!(i64::try_from(rows).expect("it is small"), totals.calls);
}

#[tokio::test]
async fn a_hostile_name_stays_a_name() {
    let folder = folder();
    let hostile = "<script>alert(1)</script>\"'><img src=x>";
    let state = sample::usual(folder.path(), hostile).await;
    for path in ["/", "/calls"] {
        let page = get(&state, path).await.text;
        assert!(page.contains("&#60;script&#62;alert(1)"), "{path}");
        assert!(!page.contains("<script>") && !page.contains("<img src=x"), "{path}");
    }
}

#[tokio::test]
async fn every_page_is_whole_and_needs_nothing_inline() {
    let folder = folder();
    let mut state = sample::usual(folder.path(), "Agent – ENG").await;
    state.notice = Some("Demo: these calls are simulated".to_owned());
    for path in ["/", "/runs/1", FAILED_RUN, "/calls", "/calls?placement=waiting", "/nowhere"] {
        let page = get(&state, path).await;
        let text = &page.text;
        for wanted in
            ["<html lang=\"en\">", "<title>", "<main", "<nav", "<header", "<h1", "Demo: these"]
        {
            assert!(text.contains(wanted), "{path} lacks {wanted}");
        }
        assert_eq!(text.matches("<script").count(), 1, "{path}");
        assert!(text.contains("<script src=\"/assets/live-"), "{path}");
        for banned in ["<style", " style=", " onclick", "javascript:"] {
            assert!(!text.contains(banned), "{path} has {banned}");
        }
        let policy = page.headers["content-security-policy"].to_str().expect("it is text");
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"));
        assert_eq!(page.headers["cache-control"], "no-store");
    }
}

#[tokio::test]
async fn the_style_sheet_may_be_kept_for_ever() {
    let folder = folder();
    let state = sample::empty(folder.path()).await;
    let page = get(&state, "/").await.text;
    let (_, rest) = page.split_once("rel=\"stylesheet\" href=\"").expect("it has one");
    let (path, _) = rest.split_once('"').expect("it ends");
    let sheet = get(&state, path).await;
    assert_eq!(sheet.status, StatusCode::OK);
    assert_eq!(sheet.headers["content-type"], "text/css; charset=utf-8");
    assert!(sheet.headers["cache-control"].to_str().expect("it is text").contains("immutable"));
}

/// A source that a provider refuses is on the first page once, however many runs have met it, and only
/// as long as it lasts.
#[tokio::test]
async fn what_only_a_person_can_mend_is_on_the_first_page_until_it_is_mended() {
    let folder = folder();
    let state = sample::usual(folder.path(), "Agent").await;
    let source =
        state.store.source_by_name("west").await.expect("it answers").expect("it is there");
    let refused = "the provider refused our token. Make a new <token>";
    let end =
        |status, needs_person, error| RunEnd { needs_person, ..RunEnd::new(status, "{}", error) };
    let ran = async |kind: RunKind, end: RunEnd<'_>| {
        let mut tx = state.store.begin().await.expect("nobody else writes");
        let now = sample::at(sample::NOW) - std::time::Duration::from_hours(3);
        let run = tx.run_start(source.id, kind, "{}", now).await.expect("it is new");
        tx.run_finish(run, end, now).await.expect("it is under way");
        tx.commit().await.expect("it is written");
    };
    for _ in 0..3 {
        ran(RunKind::Auto, end(RunStatus::Failed, true, Some(refused))).await;
    }
    let compared = end(RunStatus::Failed, false, Some("the comparison was stopped"));
    ran(RunKind::Diagnostic, compared).await;
    let page = get(&state, "/").await.text;
    assert_eq!(page.matches("refused our token. Make a new &#60;token&#62;").count(), 1, "{page}");
    assert!(page.contains("met by 3 runs"), "{page}");
    let told = &get(&state, "/api/v1/status").await.text;
    assert!(
        told.contains("\"needsPerson\":{\"since\":\"2026-11-21T10:05:00Z\",\"runs\":3"),
        "{told}"
    );
    ran(RunKind::Auto, end(RunStatus::Success, false, None)).await;
    assert!(!get(&state, "/").await.text.contains("met by"));
}

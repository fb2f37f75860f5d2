//! Nothing that is said of a run holds a secret or a person's number: asked of every provider, on
//! both databases. A program of its own, because what is logged is captured for a whole process.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::time::Duration;

use domain::Window;
use engine::compare::{CompareOptions, compare};
use engine::examine::examine;
use simulators::faults::BadRecord;
use simulators::{On, What};
use testkit::{Captured, Rig, every_provider};
use tokio::sync::mpsc;

/// The crates whose every line is captured.
const OURS: [&str; 6] = ["domain", "engine", "everycall", "providers", "simulators", "store"];

/// Where trouble shows itself: an answer that is refused, an error, half a body, a record that
/// nobody can read, and words nobody knows.
async fn all_kinds_of_trouble(rig: &Rig) -> Vec<String> {
    let mut said = Vec::new();
    let ids: Vec<String> = rig.truth().into_keys().collect();
    let spoils = [BadRecord::WithoutId, BadRecord::NullCreatedAt, BadRecord::UnknownEnums];
    for (id, how) in ids.iter().step_by(7).zip(spoils.iter().cycle()) {
        rig.provider.spoil(id, Some(*how));
    }
    // Before anything was read, a comparison names every call; its report is for its reader, and
    // what is kept of its run is for everybody who sees runs.
    let window = Window::new(rig.source.row.since, rig.ctx.now()).ok();
    let options = CompareOptions { window, ..CompareOptions::default() };
    let compared = compare(&rig.ctx, &rig.source, options).await.unwrap();
    assert!(!compared.missing_calls.is_empty());
    said.push(format!("{:#?}", rig.sync().await));
    rig.provider.break_off(3);
    said.push(format!("{:#?}", rig.sync_all().await));
    let path = rig.provider.list_path();
    if !path.is_empty() {
        let echo = echo_of(rig);
        for what in [What::status(401, &echo), What::status(500, &echo), What::status(400, &echo)] {
            rig.provider.strike(On::path(path).times(8).gives(what));
            rig.clock.pass(Duration::from_hours(1));
            said.push(format!("{:#?}", rig.sync_all().await));
        }
        said.push(refused(rig, &echo).await);
    }
    let probes = examine(&rig.ctx, &rig.source).await.unwrap();
    said.push(format!("{probes:#?}"));
    said
}

/// An error, shown in both ways.
async fn refused(rig: &Rig, body: &str) -> String {
    rig.provider
        .strike(On::path(rig.provider.list_path()).forever().gives(What::status(403, body)));
    let (pages, _nobody_reads) = mpsc::channel(1000);
    let request = Window::new(rig.source.row.since, rig.ctx.now()).unwrap();
    let error = rig.source.connection.walk(request, &pages).await.unwrap_err();
    format!("{error} {error:?} {:?}", error.hint())
}

/// An answer that throws our own secret and somebody's number back at us.
fn echo_of(rig: &Rig) -> String {
    let secrets: Vec<String> = rig.provider.secrets().into_iter().map(|(_, it)| it).collect();
    serde_json::json!({ "message": format!("{} of +12015550123 is wrong", secrets.join(" ")) })
        .to_string()
}

/// What is kept of the runs, and read by people.
async fn kept(rig: &Rig) -> Vec<String> {
    let mut kept = Vec::new();
    let store = &rig.db.store;
    for run in store.runs_list(Some(rig.source.row.id), 1000).await.unwrap() {
        kept.push(format!("{run:?}"));
        let id = domain::RunId(run.run_id);
        kept.push(format!("{:?}", store.run_log(id).await.unwrap()));
        kept.push(format!("{:?}", store.run_skips(id).await.unwrap()));
    }
    kept.extend(rig.set_aside().await.into_iter().map(|(row, _)| row.why));
    kept.push(format!("{:?}", store.probes_list(rig.source.row.id).await.unwrap()));
    kept
}

/// Every secret, and every stored number in each form it is written in.
async fn unspeakable(rig: &Rig) -> BTreeSet<String> {
    let mut all: BTreeSet<String> =
        rig.provider.secrets().into_iter().map(|(_, secret)| secret).collect();
    assert!(!all.is_empty());
    all.insert("2015550123".to_owned());
    for call in rig.calls().await.into_values() {
        for number in [call.from_raw, call.from_e164, call.to_raw, call.to_e164].iter().flatten() {
            let digits: String = number.chars().filter(char::is_ascii_digit).collect();
            // Shorter ones are extensions and names of lines, which are parts of other numbers.
            if digits.len() >= 10 {
                all.insert(digits[digits.len() - 10..].to_owned());
                all.insert(number.clone());
            }
        }
    }
    all
}

fn assert_silent(text: &str, unspeakable: &BTreeSet<String>) {
    for word in unspeakable {
        let before = text.find(word).map(|at| text[..at].lines().last().unwrap_or_default());
        let length = word.len();
        assert_eq!(before, None, "a secret or a number of {length} characters is said after this");
    }
}

every_provider! {
    /// Neither in the log nor in anything that is kept or told of a run.
    async fn no_secret_and_no_number_is_said(rig) {
        let log = Captured::here(&OURS);
        tracing::trace!(target: "engine::silence", "the canary of {}", rig.provider.provider());
        let said = all_kinds_of_trouble(&rig).await;
        let unspeakable = unspeakable(&rig).await;
        let (kept, log) = (kept(&rig).await, log.text());
        let canary = format!("the canary of {}", rig.provider.provider());
        assert!(log.contains(&canary), "this log does not have what was logged: {log}");
        assert!(log.lines().count() > 10, "nothing else was logged: {log}");
        assert!(kept.len() > 6, "nothing was kept: {kept:?}");
        assert_silent(&log, &unspeakable);
        for text in said.iter().chain(&kept) {
            assert_silent(text, &unspeakable);
        }
    }
}

/// What cannot fail shows nothing.
#[test]
#[should_panic(expected = "a secret or a number")]
fn a_number_in_a_text_is_noticed() {
    let unspeakable = BTreeSet::from(["2015550123".to_owned()]);
    assert_silent("first line\nthe caller +12015550123 is unknown", &unspeakable);
}

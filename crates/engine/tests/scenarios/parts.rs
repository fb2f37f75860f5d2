//! Calls a provider tells in parts: few words in its list, the rest when asked by id, and some of
//! that only later. The provider here is a script, so that each test says what it answers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use domain::{
    Awaited, Call, CallStatus, Capabilities, Clock, Country, ProviderCallId, ProviderKind,
    ProviderTime, RunStatus, Tiers, Timestamp, Window,
};
use engine::sync::{RunReport, SyncOptions, sync};
use engine::view::versions;
use engine::{Context, Settings, Source};
use providers::{
    Identity, Page, Probe, Provider, ProviderAgents, RawRecord, SourceError, Unreadable, Walked,
    parts,
};
use store::{CallKey, Scope};
use testkit::{HandClock, TestDb, instant, on_both_databases};
use tokio::sync::mpsc;

use crate::play::{DAY, HOUR, MINUTE};

/// What the script answers.
#[derive(Default)]
struct Lines {
    /// Each call's list part: when it was, and whether it has ended.
    list: Vec<(String, Timestamp, bool)>,
    /// Each call's detail part; absent is unknown to the provider.
    details: HashMap<String, Result<&'static str, SourceError>>,
    asked: Vec<String>,
}

struct Script(Mutex<Lines>);

#[async_trait]
impl Provider for Script {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            window_max: DAY * 31,
            window_min: HOUR,
            window_calls_max: 1000,
            margin: Duration::ZERO,
            lag: MINUTE,
            tiers: Tiers::usual(),
            patience: DAY,
        }
    }

    fn concurrency(&self) -> usize {
        2
    }

    async fn walk(
        &self,
        request: Window,
        pages: &mpsc::Sender<Page>,
    ) -> Result<Walked, SourceError> {
        let listed = self.0.lock().unwrap().list.clone();
        let inside = listed.iter().filter(|(_, at, _)| request.contains(*at));
        let records: Vec<_> = inside.map(|call| (record(call, None), false)).collect();
        let distinct = records.len() as u64;
        let page = Page { number: 1, total: None, records, took: Duration::ZERO };
        pages.send(page).await.unwrap();
        Ok(Walked::Whole { distinct, total: None })
    }

    async fn total(&self, _request: Window) -> Result<Option<u64>, SourceError> {
        Ok(None)
    }

    async fn record(&self, id: &ProviderCallId) -> Result<Option<RawRecord>, SourceError> {
        let mut lines = self.0.lock().unwrap();
        lines.asked.push(id.0.clone());
        let call = lines.list.iter().find(|(listed, _, _)| *listed == id.0).cloned();
        match lines.details.get(&id.0) {
            None => Ok(None),
            Some(Err(error)) => Err(error.clone()),
            Some(Ok(detail)) => Ok(call.map(|call| record(&call, Some(detail)))),
        }
    }

    async fn agents(&self) -> Result<ProviderAgents, SourceError> {
        Ok(ProviderAgents::default())
    }

    fn has_parts(&self) -> bool {
        true
    }

    fn normalise(&self, record: &[u8], _home: Country) -> Result<Call, Unreadable> {
        let parts = parts::read(record)?;
        let list: (String, i64, bool) = serde_json::from_str(parts["list"].get()).unwrap();
        let detail = parts.get("detail").map(|detail| detail.get());
        let awaits = match detail {
            None => Some(Awaited::Detail),
            Some(_) if !list.2 => Some(Awaited::Ending),
            Some("null") => Some(Awaited::Transcript),
            Some(_) => None,
        };
        let at = Timestamp::from_millis(list.1);
        Ok(Call {
            status: if list.2 { CallStatus::Completed } else { CallStatus::InProgress },
            transcript: detail.map(str::to_owned),
            awaits,
            ..Call::bare(ProviderCallId(list.0), ProviderTime { at, text: list.1.to_string() })
        })
    }

    async fn examine(&self) -> Vec<Probe> {
        Vec::new()
    }
}

fn record(call: &(String, Timestamp, bool), detail: Option<&str>) -> RawRecord {
    let (id, at, has_ended) = call;
    let list = serde_json::json!([id, at.as_millis(), has_ended]).to_string();
    let list = [("list", list.as_bytes())].into_iter();
    let detail = detail.map(|detail| ("detail", detail.as_bytes()));
    let identity = Identity { id: ProviderCallId(id.clone()), occurred_at: *at };
    RawRecord { identity: Ok(identity), bytes: parts::compose(list.chain(detail)) }
}

/// Our program and a script.
struct Play {
    ctx: Context,
    clock: HandClock,
    source: Source,
    script: Arc<Script>,
}

impl Play {
    async fn set(db: &Arc<TestDb>) -> Self {
        let clock = HandClock::at(instant("2026-03-31T12:00:00Z"));
        let ctx = Context {
            store: db.store.clone(),
            wait: Arc::new(clock.clone()),
            holder: "the test".to_owned(),
            settings: Settings { failures_in_a_row: 2, ..Settings::default() },
        };
        let script = Arc::new(Script(Mutex::default()));
        let mut tx = ctx.store.begin().await.unwrap();
        let since = clock.now() - DAY * 10;
        let kind = ProviderKind::HighlevelVoiceAi;
        let row = tx.source_ensure("the source", kind, "all", since, clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        let source = Source { row, connection: script.clone(), home: Country::US };
        Self { ctx, clock, source, script }
    }

    /// The provider lists a call, and says this when asked for it by id.
    fn call(&self, id: &str, ago: Duration, detail: Result<&'static str, SourceError>) {
        let mut lines = self.script.0.lock().unwrap();
        lines.list.push((id.to_owned(), self.clock.now() - ago, true));
        lines.details.insert(id.to_owned(), detail);
    }

    fn detail(&self, id: &str, detail: Result<&'static str, SourceError>) {
        self.script.0.lock().unwrap().details.insert(id.to_owned(), detail);
    }

    fn asked(&self) -> Vec<String> {
        let mut asked = std::mem::take(&mut self.script.0.lock().unwrap().asked);
        asked.sort_unstable();
        asked
    }

    async fn sync(&self) -> RunReport {
        let report = sync(&self.ctx, &self.source, SyncOptions::manual()).await.unwrap();
        report.accounts().balance().unwrap();
        report
    }

    async fn read_all_again(&self) -> RunReport {
        let asked = Some(Window::new(self.source.row.since, self.clock.now()).unwrap());
        let options = SyncOptions { asked, ..SyncOptions::manual() };
        sync(&self.ctx, &self.source, options).await.unwrap()
    }

    /// Every content a call has had.
    async fn contents(&self, id: &str) -> Vec<String> {
        let call = CallKey { source: self.source.row.id, id: ProviderCallId(id.to_owned()) };
        let all = versions(&self.ctx.store, Scope::Operator, &call).await.unwrap();
        all.into_iter().map(|version| String::from_utf8(version.raw).unwrap()).collect()
    }
}

fn unavailable() -> SourceError {
    SourceError::Unavailable {
        request: "the call".to_owned(),
        what: "it is away".to_owned(),
        attempts: 1,
        wait: None,
    }
}

fn refused() -> SourceError {
    SourceError::NotPermitted {
        request: "the call".to_owned(),
        said: "403".to_owned(),
        hint: "Give it the right".to_owned(),
    }
}

on_both_databases! {
    /// What the list lacks is asked for before the call is kept: one call, one content, one count.
    async fn a_call_is_kept_with_its_full_record_and_counted_once(db) {
        let play = Play::set(&db).await;
        play.call("a", HOUR, Ok(r#""hello""#));
        play.call("b", HOUR * 30, Ok(r#""goodbye""#));
        let report = play.sync().await;
        assert!(report.success, "{report:#?}");
        assert_eq!((report.new, report.updated, report.accounts().listed), (2, 0, 2));
        assert_eq!(play.asked(), ["a", "b"]);
        let contents = play.contents("a").await;
        assert_eq!(contents.len(), 1);
        assert!(contents[0].contains(r#""detail":"hello""#), "{contents:?}");
    }

    /// Seen again in the list, what is held of it stays, and nobody is asked a second time.
    async fn a_call_seen_in_the_list_again_keeps_its_full_record(db) {
        let play = Play::set(&db).await;
        play.call("a", HOUR, Ok(r#""hello""#));
        play.sync().await;
        play.asked();
        let again = play.read_all_again().await;
        assert_eq!((again.new, again.updated, again.unchanged), (0, 0, 1), "{again:#?}");
        assert_eq!(play.asked(), [""; 0]);
        play.script.0.lock().unwrap().list[0].2 = false;
        let changed = play.read_all_again().await;
        assert_eq!((changed.updated, changed.unchanged), (1, 0), "{changed:#?}");
        let contents = play.contents("a").await;
        assert!(contents[1].contains("hello") && contents[1].contains("false"), "{contents:?}");
    }

    /// What comes later is asked for by id at growing intervals, until it is there.
    async fn what_is_still_owed_is_asked_for_by_id_until_it_is_there(db) {
        let play = Play::set(&db).await;
        play.call("a", MINUTE * 4, Ok("null"));
        play.sync().await;
        assert_eq!(play.asked(), ["a"]);
        play.sync().await;
        assert_eq!(play.asked(), [""; 0], "not due yet");
        play.clock.pass(MINUTE);
        let unchanged = play.sync().await;
        assert_eq!(play.asked(), ["a"]);
        assert_eq!(unchanged.updated, 0);
        play.detail("a", Ok(r#""words""#));
        play.clock.pass(MINUTE * 2);
        let found = play.sync().await;
        assert_eq!((found.updated, play.asked()), (1, vec!["a".to_owned()]), "{found:#?}");
        play.clock.pass(HOUR);
        play.sync().await;
        assert_eq!(play.asked(), [""; 0], "it owes nothing more");
    }

    /// What never comes is given up at the end of patience, and the call stays.
    async fn what_never_comes_is_given_up(db) {
        let play = Play::set(&db).await;
        play.call("a", MINUTE * 4, Ok("null"));
        play.sync().await;
        for _ in 0..40 {
            play.clock.pass(HOUR);
            play.sync().await;
        }
        let asked = play.asked().len();
        assert!((4..20).contains(&asked), "asked {asked} times");
        play.clock.pass(DAY);
        play.sync().await;
        assert_eq!(play.asked(), [""; 0]);
        assert_eq!(play.contents("a").await.len(), 1);
    }

    /// A full record that cannot be read keeps no call away, and its run is no success.
    async fn a_full_record_that_cannot_be_read_is_read_later(db) {
        let play = Play::set(&db).await;
        play.call("a", HOUR, Err(unavailable()));
        let away = play.sync().await;
        assert_eq!((away.status, away.new), (RunStatus::Partial, 1), "{away:#?}");
        assert!(away.error.as_deref().is_some_and(|error| error.contains("it is away")));
        play.detail("a", Ok(r#""hello""#));
        play.clock.pass(HOUR);
        let back = play.sync().await;
        assert!(back.success, "{back:#?}");
        assert_eq!(back.updated, 1);
        assert!(play.contents("a").await[1].contains("hello"));
    }

    /// However old a call is when it is first seen, its full record is asked for until somebody has
    /// said something of it; so are those that nobody was asked for any more.
    async fn full_records_of_old_calls_are_never_given_up_unasked(db) {
        let play = Play::set(&db).await;
        for n in 0..20 {
            play.call(&format!("call {n}"), DAY * 5, Err(unavailable()));
        }
        let away = play.sync().await;
        assert_eq!((away.status, away.new), (RunStatus::Partial, 20), "{away:#?}");
        assert!(play.asked().len() < 20, "nobody is asked on and on");
        for _ in 0..9 {
            play.clock.pass(HOUR * 7);
            play.sync().await;
        }
        for n in 0..20 {
            play.detail(&format!("call {n}"), Ok(r#""hello""#));
        }
        play.clock.pass(HOUR * 7);
        let back = play.sync().await;
        assert_eq!(back.updated, 20, "{back:#?}");
        for n in 0..20 {
            let contents = play.contents(&format!("call {n}")).await;
            assert!(contents.last().is_some_and(|it| it.contains("hello")), "{contents:?}");
        }
    }

    /// A refusal is not tried out on every call.
    async fn a_refused_full_record_is_not_asked_for_call_by_call(db) {
        let play = Play::set(&db).await;
        for n in 0..50 {
            play.call(&format!("call {n}"), HOUR, Err(refused()));
        }
        let report = play.sync().await;
        assert_eq!((report.status, report.new), (RunStatus::Partial, 50), "{report:#?}");
        assert!(report.error.as_deref().is_some_and(|error| error.contains("Give it the right")));
        let asked = play.asked().len();
        assert!(asked <= 4, "asked {asked} times");
    }

    /// A call the provider no longer knows by id stays as it is.
    async fn a_call_the_provider_no_longer_knows_stays(db) {
        let play = Play::set(&db).await;
        play.call("a", MINUTE * 4, Ok("null"));
        play.sync().await;
        play.script.0.lock().unwrap().details.clear();
        play.clock.pass(MINUTE * 2);
        let report = play.sync().await;
        assert!(report.success, "{report:#?}");
        assert!(report.logs.iter().any(|line| line.message.contains("1 of them it no longer knows")));
        assert_eq!(play.contents("a").await.len(), 1);
    }
}

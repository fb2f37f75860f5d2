//! Rate limits: waited for, kept below, and never a loss (A27).

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use domain::{Clock, RunKind, RunStatus, Timestamp};
use engine::sync::SyncOptions;
use providers::Wait;
use simulators::faults::{On, What};
use simulators::highlevel_voice_ai::RateLimit;
use testkit::{HandClock, Stage, on_both_databases};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::play::*;

/// What only requests of others say.
const OTHERS: &str = "others=yes";

/// Time in which others use the same credential: ten requests at once, every ten seconds.
struct Others {
    clock: HandClock,
    address: String,
    request: String,
    asked_at: Mutex<Timestamp>,
}

impl Others {
    fn of(stage: &Stage) -> Self {
        let (location, token) = (stage.simulator.location_id(), stage.simulator.token());
        let address = stage.simulator.base_url().replace("http://", "");
        let request = format!(
            "GET /voice-ai/agents?locationId={location}&{OTHERS} HTTP/1.1\r\nHost: {address}\r\n\
             Authorization: Bearer {token}\r\nVersion: 2021-07-28\r\nConnection: close\r\n\r\n"
        );
        let (clock, asked_at) = (stage.clock.clone(), Mutex::new(Timestamp::MIN));
        Self { clock, address, request, asked_at }
    }

    async fn ask(&self) {
        *self.asked_at.lock().unwrap() = self.now();
        for _ in 0..10 {
            let mut line = TcpStream::connect(&self.address).await.unwrap();
            line.write_all(self.request.as_bytes()).await.unwrap();
            line.read_to_end(&mut Vec::new()).await.unwrap();
        }
    }
}

impl Clock for Others {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

#[async_trait]
impl Wait for Others {
    async fn wait(&self, duration: Duration) {
        self.clock.wait(duration).await;
        let is_due = self.now().since(*self.asked_at.lock().unwrap()) >= Duration::from_secs(10);
        if is_due {
            self.ask().await;
        }
    }
}

async fn it_is_waited_for(db: std::sync::Arc<testkit::TestDb>, what: What, at_least: Duration) {
    let stage = stage(db, |_| {}).await;
    let began = stage.ctx.now();
    let fault = On::path(&newest(&stage)).page(2).times(2);
    stage.simulator.faults().add(fault.gives(what));
    let report = read_whole(&stage).await;
    assert_eq!(report.new, CALLS as u64);
    let waited = stage.ctx.now().since(began);
    assert!(waited >= at_least && waited < Duration::from_mins(5), "waited {waited:?}");
}

on_both_databases! {
    /// As long as it asks.
    async fn a_wait_the_provider_names_is_waited(db) {
        let what = What::TooMany429 { retry_after: Some(20), with_headers: false };
        it_is_waited_for(db, what, Duration::from_secs(40)).await;
    }

    /// Without any hint, a little longer each time.
    async fn a_wait_nobody_names_is_waited(db) {
        let what = What::TooMany429 { retry_after: None, with_headers: false };
        it_is_waited_for(db, what, Duration::from_millis(750)).await;
    }

    /// An hour is too long: a minute at most, then it is asked again.
    async fn an_unreasonable_wait_is_cut(db) {
        let what = What::TooMany429 { retry_after: Some(3600), with_headers: false };
        it_is_waited_for(db, what, Duration::from_secs(100)).await;
    }

    /// For ever: named, uncovered, and gone on with later.
    async fn a_limit_that_never_ends_is_named(db) {
        let stage = stage(db, |_| {}).await;
        let what = What::TooMany429 { retry_after: Some(5), with_headers: false };
        let report = read_with(&stage, On::path("call-logs").forever().gives(what)).await;
        ended(&report, RunStatus::Failed, &["slow down", "after 3 attempts", "the next run goes on here"]);
        nothing_is_covered(&stage).await;
        heals(&stage).await;
    }

    /// The provider's limit is never met, because ours is lower.
    async fn requests_stay_below_the_published_limit(db) {
        let stage = stage(db, |it| {
            it.world.calls = 320;
            it.source = |source| source.page_size = 2;
            it.simulator.rate_limit = Some(RateLimit::default());
            it.tuning.rate = None;
        }).await;
        read_whole(&stage).await;
        let requests = stage.simulator.requests();
        assert!(requests.len() > 160, "{} requests", requests.len());
        assert!(requests.iter().all(|request| request.status == 200));
        let at: Vec<i64> = requests.iter().map(|request| request.at).collect();
        for (nth, began) in at.iter().enumerate() {
            let within = at[nth..].iter().filter(|other| **other < began + 10_000).count();
            assert!(within <= 90, "{within} requests in ten seconds");
        }
    }

    /// Others spend half of what the credential may, and only the headers tell: nobody is refused.
    async fn what_others_use_is_taken_into_account(db) {
        let mut stage = stage(db, |it| {
            it.source = |source| source.page_size = 5;
            it.simulator.rate_limit = Some(RateLimit { max: 20, interval_ms: 10_000, daily: 200_000 });
            it.tuning.rate = None;
            it.tuning.concurrency = 1;
            it.engine.windows_beside = 1;
        }).await;
        let others = Arc::new(Others::of(&stage));
        others.ask().await;
        stage.ctx.wait = Arc::<Others>::clone(&others);
        stage.source = stage.with_token(stage.simulator.token()).await;
        let report = read_whole(&stage).await;
        assert_eq!(report.new, CALLS as u64);
        let requests = stage.simulator.requests();
        let (theirs, ours): (Vec<_>, Vec<_>) =
            requests.iter().partition(|request| request.query.contains(OTHERS));
        assert!(theirs.len() >= 30 && ours.len() > 30, "{} and {}", theirs.len(), ours.len());
        let refused = requests.iter().filter(|request| request.status != 200).count();
        assert_eq!(refused, 0);
    }

    /// The day's requests are used up by noon: the newest calls are here, the rest is tomorrow's.
    async fn a_spent_day_has_the_newest_calls_and_goes_on_tomorrow(db) {
        let stage = stage(db, |it| {
            it.engine.windows_beside = 1;
            it.source = |source| {
                source.page_size = 10;
                source.window_days_max = 8;
                source.requests_per_day = Some(14);
            };
            it.simulator.rate_limit = Some(RateLimit::default());
            it.tuning.rate = None;
        }).await;
        let report = stage.sync().await;
        balanced(&report);
        ended(&report, RunStatus::Partial, &["today's requests are used up", "the next run"]);
        assert!(stage.simulator.requests().len() <= 14);
        let gaps = stage.gaps().await;
        assert!(gaps.iter().all(|gap| gap.to() <= stage.ctx.now() - DAY * 8), "{gaps:?}");

        for _ in 0..9 {
            stage.clock.pass(DAY);
            balanced(&stage.sync().await);
        }
        stage.assert_equals_truth().await;
    }

    /// The provider says that the day is spent.
    async fn a_day_the_provider_calls_spent_is_not_asked_on(db) {
        let stage = stage(db, |it| {
            it.engine.windows_beside = 1;
            it.simulator.rate_limit = Some(RateLimit { daily: 6, ..RateLimit::default() });
        }).await;
        let options = SyncOptions { kind: RunKind::Auto, ..SyncOptions::manual() };
        let report = stage.sync_with(options).await;
        balanced(&report);
        ended(&report, RunStatus::Partial, &["today's requests are used up"]);
        assert!(stage.simulator.requests().len() < 20);
        assert!(!stage.gaps().await.is_empty());
        assert!(report.new > 0);
    }
}

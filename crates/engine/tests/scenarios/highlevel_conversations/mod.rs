//! Calls as messages of conversations: cursors, channels, threads and late rows (A6, A7, A10, A11,
//! A18, A26, B1).

mod changes;
mod slow;
mod words;

use std::sync::Arc;
use std::time::Duration;

use domain::{Country, RunStatus, Timestamp};
use engine::Source;
use engine::sync::{RunReport, SyncOptions, sync};
use engine::vault::{SourceVault, VaultKey};
use providers::http::budget::Budgets;
use providers::{
    ConnectionSettings, Credential, ProviderSettings, connect, highlevel_conversations as ours,
};
use secrecy::SecretString;
use simulators::faults::{On, What};
use simulators::highlevel_conversations::{
    CallChannel, Chain, Dates, DeadCursor, Ending, Install, Outcome, RangeField, Settings,
    Simulator,
};
use simulators::{NewCall, World, WorldSettings};
use testkit::{HandClock, Rig, RigSettings, TestDb, on_both_databases};

use crate::play::{DAY, HOUR, MINUTE};

/// Small pages, so that few calls make several.
const SMALL: &str = "10";

struct Scene {
    rig: Rig,
    install: Install,
    settings: RigSettings,
}

/// A simulated sub-account with these switches, prepared before anybody asks.
async fn scene(
    db: Arc<TestDb>,
    simulator: Settings,
    prepare: impl FnOnce(&Simulator, Timestamp),
) -> Scene {
    scene_of(db, simulator, RigSettings::default(), prepare).await
}

/// The same with more calls, or over more days.
async fn scene_of(
    db: Arc<TestDb>,
    simulator: Settings,
    settings: RigSettings,
    prepare: impl FnOnce(&Simulator, Timestamp),
) -> Scene {
    let keys = vec![("page_size", SMALL.to_owned())];
    let settings = RigSettings { keys, ..settings };
    let clock = HandClock::at(settings.now);
    let world = World::generate(&WorldSettings {
        calls: settings.calls,
        days: settings.days,
        end: (settings.now - HOUR).as_millis(),
        ..WorldSettings::default()
    });
    let running = Simulator::start(world, simulator, clock.for_simulator()).await.unwrap();
    prepare(&running, settings.now);
    let install = running.install();
    let rig = Rig::around(db, Box::new(running), clock, &settings).await;
    Scene { rig, install, settings }
}

fn quiet() -> Settings {
    Settings::without_limits()
}

impl Scene {
    /// The same source with other settings, and another key to its door.
    fn source(&self, credential: Credential, change: impl FnOnce(&mut ours::Settings)) -> Source {
        let keys = self.rig.provider.configuration();
        let key = |name| {
            let found = keys.iter().find(|(key, _)| *key == name).unwrap();
            found.1.trim_matches('"').to_owned()
        };
        let mut told = ours::Settings::new(key("location_id"));
        told.base_url = key("base_url");
        told.page_size = 10;
        change(&mut told);
        let settings = ConnectionSettings {
            provider: ProviderSettings::HighlevelConversations(told),
            credential,
            tuning: self.settings.tuning,
        };
        let wait = Arc::clone(&self.rig.ctx.wait);
        let connection = connect(settings, wait, &Budgets::new()).unwrap();
        Source { row: self.rig.source.row.clone(), connection, home: Country::US }
    }

    fn told(&self, change: impl FnOnce(&mut ours::Settings)) -> Source {
        let secrets = self.rig.provider.secrets();
        self.source(Credential::PrivateToken(SecretString::from(secrets[0].1.clone())), change)
    }

    async fn read(&self, source: &Source) -> RunReport {
        let report = sync(&self.rig.ctx, source, SyncOptions::manual()).await.unwrap();
        report.accounts().balance().unwrap();
        report
    }

    /// Reads, and demands that everything is here and proved.
    async fn read_whole(&self) -> RunReport {
        let report = self.rig.sync().await;
        self.is_whole(&report).await;
        report
    }

    async fn is_whole(&self, report: &RunReport) {
        assert!(report.success, "{report:#?}");
        self.rig.assert_equals_truth().await;
        assert_eq!(self.rig.gaps().await, []);
    }
}

fn ago(now: Timestamp, ago: Duration) -> NewCall {
    NewCall::at((now - ago).as_millis())
}

fn ended(report: &RunReport, words: &[&str]) {
    assert_eq!(report.status, RunStatus::Partial, "{report:#?}");
    let error = report.error.as_deref().unwrap();
    for word in words {
        assert!(error.contains(word), "no `{word}` in: {error}");
    }
}

async fn a_dead_cursor(db: Arc<TestDb>, dead_cursor: DeadCursor) {
    let scene = scene(db, Settings { dead_cursor, ..quiet() }, |_, _| ()).await;
    // Three waits of a minute, after which the cursor is dead.
    let slow = What::TooMany429 { retry_after: Some(60), with_headers: false };
    scene.rig.provider.strike(On::path("cursor=").times(3).gives(slow));
    let report = scene.rig.sync().await;
    assert!(report.success, "{report:#?}");
    assert_eq!(report.new, scene.rig.truth().len() as u64, "nothing is counted twice");
    // Waiting took time by the same clock: its minutes are the next run's work.
    scene.read_whole().await;
}

/// Reads the usual world through a provider with these switches.
async fn read_through(db: Arc<TestDb>, simulator: Settings) -> Scene {
    let scene = scene(db, simulator, |_, _| ()).await;
    scene.read_whole().await;
    let all = scene.rig.sync_all().await;
    assert_eq!((all.new, all.updated), (0, 0), "{all:#?}");
    scene
}

on_both_databases! {
    /// Calls of one instant across the edges of pages of one frozen list.
    async fn ties_at_page_edges_of_a_frozen_list_are_read_whole(db) {
        let scene = scene(db, quiet(), |simulator, now| {
            (0..30).for_each(|_| drop(simulator.add_call(ago(now, DAY * 2))));
        }).await;
        scene.read_whole().await;
    }

    /// A list that skips the rest of a tie is not taken as whole, and larger pages help.
    async fn ties_that_are_skipped_are_missed_by_the_total(db) {
        let settings = Settings { chain: Chain::LiveWithoutTieBreaker, ..quiet() };
        let scene = scene(db, settings, |simulator, now| {
            (0..40).for_each(|_| drop(simulator.add_call(ago(now, DAY * 2))));
        }).await;
        let report = scene.rig.sync().await;
        ended(&report, &["the provider says there are", "and lists"]);
        assert!(!scene.rig.gaps().await.is_empty());
        let source = scene.told(|told| told.page_size = 500);
        let report = scene.read(&source).await;
        scene.is_whole(&report).await;
    }

    /// The cursor dies while we are asked to slow down; its window is begun anew.
    async fn a_cursor_that_died_is_begun_anew(db) {
        a_dead_cursor(db, DeadCursor::Refused(400)).await;
    }

    /// The same under another status.
    async fn a_cursor_that_is_not_found_is_begun_anew(db) {
        a_dead_cursor(db, DeadCursor::Refused(404)).await;
    }

    /// A dead cursor that answers with an empty page is no end.
    async fn an_empty_page_for_a_dead_cursor_is_not_the_end(db) {
        a_dead_cursor(db, DeadCursor::EmptyPage).await;
    }

    /// A dead cursor that begins again from the first page is found out.
    async fn a_dead_cursor_that_starts_over_is_found_out(db) {
        a_dead_cursor(db, DeadCursor::StartsOver).await;
    }

    /// The search over conversations finds calls and never proves that it found all.
    async fn a_search_is_never_taken_as_whole(db) {
        let scene = scene(db, quiet(), |_, _| ()).await;
        let source = scene.told(|told| told.reads = ours::Reads::Search);
        let report = scene.read(&source).await;
        ended(&report, &["conversation search", "one thread holds many calls", "may be skipped"]);
        assert!(!scene.rig.gaps().await.is_empty());
        // Nothing moved and no thread has more than a page, so it found everything all the same.
        scene.rig.assert_equals_truth().await;
        scene.read_whole().await;
    }

    /// Every kind of call is a call, and so is one nobody knows.
    async fn every_kind_of_call_is_read(db) {
        read_through(db, Settings { has_surprises: true, other_types_share: 0.8, ..quiet() }).await;
    }

    /// A channel that leaves kinds of calls out is found out by a look at all messages.
    async fn a_channel_that_leaves_calls_out_is_not_used(db) {
        let settings = Settings { call_channel: CallChannel::PlainCallsOnly, ..quiet() };
        let scene = scene(db, settings, |_, _| ()).await;
        // Pages must be large enough for a look at the newest messages to have such a call in it.
        let source = scene.told(|told| told.page_size = 100);
        let report = scene.read(&source).await;
        scene.is_whole(&report).await;
    }

    /// A look at the newest messages shows no call of another kind, and some there are: nothing is
    /// taken as proved about the channel, now or in another process.
    async fn a_channel_nothing_is_known_of_is_not_used(db) {
        let (call_channel, other_types_share) = (CallChannel::PlainCallsOnly, 0.05);
        let settings = Settings { call_channel, other_types_share, ..quiet() };
        let mut scene = scene(db, settings, |_, _| ()).await;
        let told = scene.rig.source.connection.calibrate().await.unwrap().unwrap();
        assert!(told.sentence.contains("none shows"), "not the case this is about: {told:?}");
        scene.read_whole().await;
        scene.rig.clock.pass(HOUR);
        let another = scene.settings.clone();
        scene.rig.reconnect(&another).await;
        let all = scene.rig.sync_all().await;
        scene.is_whole(&all).await;
        assert_eq!(all.new, 0, "{all:#?}");
        let asked = scene.rig.provider.requests();
        let windows = asked.iter().filter(|it| it.query.contains("sortOrder=asc"));
        let by_channel = windows.filter(|it| it.query.contains("channel=Call")).count();
        assert_eq!(by_channel, 4, "each process tried the channel and a range, and read by neither");
    }

    /// A channel that is no filter brings texts, which are no calls.
    async fn a_channel_that_is_ignored_brings_no_texts(db) {
        read_through(db, Settings { call_channel: CallChannel::Everything, ..quiet() }).await;
    }

    /// Whatever ends a list, however dates and outcomes are written, and in or out of envelopes.
    async fn every_shape_of_a_message_is_read(db) {
        let other = Settings {
            ending: Ending::EmptyPageWithCursor,
            dates: Dates::Seconds,
            outcome: Outcome::InMeta,
            is_nested: false,
            omit_optional_share: 0.5,
            has_surprises: true,
            chain: Chain::Live,
            is_end_inclusive: false,
            ..quiet()
        };
        read_through(db, other).await;
    }

    /// Ranges read in another zone hide no call.
    async fn a_zone_away_from_utc_hides_no_message(db) {
        read_through(db, Settings { zone_shift_minutes: -5 * 60, ..quiet() }).await;
    }

    /// Ranges by the time of the last writing leave out what was written later, unless told.
    async fn ranges_by_another_time_are_read_when_told(db) {
        let settings = Settings { range_field: RangeField::Updated, ..quiet() };
        let scene = scene(db, settings, |simulator, now| {
            drop(simulator.add_call(ago(now, DAY * 9)));
        }).await;
        let source = scene.told(|told| told.filters_by = ours::FiltersBy::Updated);
        let report = scene.read(&source).await;
        scene.is_whole(&report).await;
    }

    /// A call of ten days ago is changed, and another is put in with an old date: the next run has
    /// both, long before a tier would look.
    async fn what_is_written_late_comes_with_the_next_run(db) {
        let scene = scene(db, quiet(), |_, _| ()).await;
        scene.read_whole().await;
        let old = scene.rig.truth().into_values().min_by_key(|call| call.occurred_at).unwrap();
        scene.rig.clock.pass(HOUR);
        assert!(scene.rig.provider.change(&old.id));
        let late = scene.rig.provider.add((scene.settings.now - DAY * 12).as_millis());
        let report = scene.read_whole().await;
        assert_eq!((report.new, report.updated), (1, 1), "{report:#?}");
        assert!(scene.rig.calls().await.contains_key(&late));
    }

    /// A call that was under way when it was first listed has its end with a later run.
    async fn a_call_under_way_is_written_again_when_it_ends(db) {
        let plain = Settings { other_types_share: 0.0, answered_share: 1.0, ..quiet() };
        let scene = scene(db, plain, |simulator, now| {
            drop(simulator.add_call(NewCall { duration: 3600, ..ago(now, MINUTE * 20) }));
        }).await;
        scene.read_whole().await;
        let open = scene.rig.calls().await.into_values().find(|call| call.duration_ms.is_none());
        let open = open.unwrap().provider_call_id;
        scene.rig.clock.pass(HOUR);
        scene.read_whole().await;
        assert_eq!(scene.rig.calls().await[&open].duration_ms, Some(3_600_000));
    }

    /// Requests beside each other share one renewal of the app's token.
    async fn one_renewal_serves_every_request(db) {
        let scene = scene(db, quiet(), |_, _| ()).await;
        let (store, wait) = (scene.rig.ctx.store.clone(), Arc::clone(&scene.rig.ctx.wait));
        let vault = SourceVault::new(store, scene.rig.source.row.id, VaultKey::new([7; 32]), wait);
        let app = Credential::OAuth {
            client_id: scene.install.client_id.clone(),
            client_secret: SecretString::from(scene.install.client_secret.clone()),
            refresh_token: SecretString::from(scene.install.refresh_token.clone()),
            vault: Arc::new(vault),
        };
        let source = scene.source(app, |_| ());
        let report = scene.read(&source).await;
        scene.is_whole(&report).await;
        let requests = scene.rig.provider.requests();
        assert_eq!(requests.iter().filter(|it| it.path == "/oauth/token").count(), 1);
    }

    /// One contact's thread has many calls, some of them of one instant.
    async fn many_calls_of_one_thread_stay_many(db) {
        let scene = scene(db, quiet(), |simulator, now| {
            let contact_id = Some("contactOfManyCalls01".to_owned());
            for _ in 0..5 {
                let call = NewCall { contact_id: contact_id.clone(), ..ago(now, DAY * 3) };
                simulator.add_call(call);
            }
        }).await;
        let report = scene.read_whole().await;
        assert_eq!(report.new, scene.rig.truth().len() as u64);
    }
}

//! One planted loss of every cause, on several seeds: the report names each with its planted cause,
//! and nothing is unexplained.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::{Cause, Country, Rule, RuleKey, Timestamp, Verdict, Window};
use engine::compare::{Columns, CompareOptions, CompareReport, FileSide, compare_with_file};
use engine::place::{AccountEdit, RuleChange, change_account, make_rule};
use simulators::NewCall;
use simulators::faults::{BadRecord, On, What};
use simulators::server::RequestSeen;
use testkit::{Stage, TestDb, on_both_databases};
use tokio_util::sync::CancellationToken;

use super::{compared, sources};
use crate::keeping::{CALLS, assign, ensure_account, small_windows};
use crate::legs::Two;
use crate::play::{DAY, HOUR, MINUTE};

/// What was planted: the cause of each call that one side lacks.
type Planted = BTreeMap<String, &'static str>;

/// A stage on which nothing was read, and its span cut into parts with a story each.
struct Scene {
    stage: Stage,
    planted: Planted,
}

impl Scene {
    async fn set(db: Arc<TestDb>, seed: u64) -> Self {
        let mut settings = small_windows(160);
        settings.world.seed = seed;
        Self { stage: Stage::set(db, settings).await, planted: Planted::new() }
    }

    /// So many days after the beginning.
    fn day(&self, n: u32) -> Timestamp {
        self.stage.source.row.since + DAY * n
    }

    /// The calls the provider lists between two days.
    fn listed(&self, from: Timestamp, to: Timestamp) -> Vec<String> {
        let window = Window::new(from, to).unwrap();
        let inside = |at| window.contains(Timestamp::from_millis(at));
        let truth = self.stage.truth().into_iter();
        truth.filter(|(_, call)| inside(call.created_at)).map(|(id, _)| id).collect()
    }

    /// Of those, what we do not hold.
    async fn lacking(&self, from: Timestamp, to: Timestamp) -> Vec<String> {
        let held = self.stage.calls().await;
        let listed = self.listed(from, to).into_iter();
        listed.filter(|id| !held.contains_key(id)).collect()
    }

    /// The oldest call of each span that was asked for since so many requests, the first of its list.
    /// A span within another is read because that other proved nothing, and adds to it.
    fn first_of_each_list(&self, since: usize) -> BTreeSet<String> {
        let requests = self.stage.simulator.requests();
        let spans: Vec<(i64, i64)> = requests[since..].iter().filter_map(span).collect();
        let is_within = |(from, to): &(i64, i64), other: &(i64, i64)| {
            other != &(*from, *to) && other.0 <= *from && *to <= other.1
        };
        let widest = spans.iter().filter(|it| !spans.iter().any(|other| is_within(it, other)));
        let truth = self.stage.truth();
        let firsts = widest.filter_map(|(from, to)| {
            let inside = truth.values().filter(|call| (from..to).contains(&&call.created_at));
            inside.min_by_key(|call| call.created_at)
        });
        firsts.map(|call| call.id.clone()).collect()
    }

    /// Plants a loss for each of these.
    fn plant(&mut self, ids: impl IntoIterator<Item = String>, cause: Cause) {
        let before = self.planted.len();
        self.planted.extend(ids.into_iter().map(|id| (id, cause.as_str())));
        assert!(self.planted.len() > before, "nothing was planted for {cause}");
    }

    /// Reads this span while something goes wrong, and plants what was lost by it.
    async fn read(&mut self, (from, to): (Timestamp, Timestamp), what: What, cause: Cause) {
        let faults = self.stage.simulator.faults();
        faults.add(On::path(CALLS).page(1).forever().gives(what));
        self.stage.sync_window(from, to).await;
        self.stage.simulator.faults().clear();
        let lost = self.lacking(from, to).await;
        self.plant(lost, cause);
    }

    /// What a report says of each call that one side lacks.
    fn named(report: &CompareReport) -> Planted {
        let all = report.missing_calls.iter().chain(&report.extra_calls);
        all.map(|call| (call.call_id.clone(), call.reason)).collect()
    }

    fn assert_named(&self, report: &CompareReport) {
        assert_named(&self.planted, report);
    }
}

/// The span that a request for calls names, in unix milliseconds.
fn span(request: &RequestSeen) -> Option<(i64, i64)> {
    let number = |key: &str| {
        let mut pairs = request.query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(name, _)| *name == key)?.1.parse().ok()
    };
    Some((number("startDate")?, number("endDate")?))
}

fn assert_named(planted: &Planted, report: &CompareReport) {
    let named = Scene::named(report);
    let is_other = |id: &&String| named.get(*id) != planted.get(*id);
    let ids: BTreeSet<&String> = named.keys().chain(planted.keys()).collect();
    let other = ids.into_iter().filter(is_other);
    let other = other.map(|id| (id, planted.get(id), named.get(id)));
    assert_eq!(other.collect::<Vec<_>>(), [], "planted and named");
    assert_eq!(report.summary.unexplained, 0);
    assert!(report.balances());
}

/// Losses that a comparison with the provider names.
async fn with_the_provider(db: Arc<TestDb>, seed: u64) {
    let mut scene = Scene::set(db, seed).await;
    // A day that nobody reads keeps the two last parts from becoming one row of the ledger.
    let days = [0, 9, 12, 15, 23, 24].map(|n| scene.day(n));
    let end = scene.stage.ctx.now() - HOUR;
    for (from, to) in [(days[0], days[1]), (days[4], days[5])] {
        let never = scene.listed(from, to);
        scene.planted.extend(never.into_iter().map(|id| (id, Cause::WindowNotFetched.as_str())));
    }
    scene.read((days[1], days[2]), What::Html(503), Cause::ProviderRefused).await;
    scene.read((days[2], days[3]), What::OmitRecord(0), Cause::WindowTruncated).await;
    assert!(scene.stage.sync_window(days[3], days[4]).await.success);
    let bad = What::BadRecords(vec![(0, BadRecord::NullCreatedAt)]);
    scene.read((days[5], end), bad, Cause::SetAside).await;
    let known: BTreeSet<String> = scene.planted.keys().cloned().collect();

    let mut well = scene.listed(days[3], days[4]).into_iter();
    let (lost_here, deleted_there) = (well.next().unwrap(), well.next().unwrap());
    let delete = format!("DELETE FROM calls WHERE provider_call_id = '{lost_here}'");
    scene.stage.db.execute(&delete).await;
    scene.plant([lost_here], Cause::FilteringOrSyncIssue);
    assert!(scene.stage.simulator.mutate(|world| world.delete(&deleted_there)));
    scene.plant([deleted_there], Cause::LostAtProvider);
    let unlisted = well.next().unwrap();
    assert!(scene.stage.simulator.mutate(|world| world.set_unlisted(&unlisted, true)));
    scene.plant([unlisted], Cause::NotInProviderResponse);
    let late = NewCall::at((days[3] + DAY * 4).as_millis() + 1);
    let id = scene.stage.simulator.mutate(|world| world.insert(late));
    scene.plant([id], Cause::Late);
    let report = compared(&scene.stage).await;
    scene.assert_named(&report);
    assert!(known.len() < scene.planted.len());
}

/// Losses of the provider's own list, made while it is compared.
async fn of_the_list(db: Arc<TestDb>, seed: u64) {
    let mut scene = Scene::set(db, seed).await;
    assert!(scene.stage.sync().await.success);
    // Its total counts the calls that it leaves out.
    scene
        .stage
        .simulator
        .faults()
        .add(On::path(CALLS).page(1).forever().gives(What::OmitRecord(0)));
    let before = scene.stage.simulator.requests().len();
    let doubtful = compared(&scene.stage).await;
    let left_out = scene.first_of_each_list(before);
    scene.plant(left_out, Cause::ProviderTotalInconsistent);
    scene.assert_named(&doubtful);
    let totals = doubtful.summary.list_totals.unwrap();
    assert!(totals.claimed > totals.listed && totals.disagreeing > 0, "{totals:?}");
}

/// Calls of an account that are here and not counted for it.
async fn of_an_account(db: Arc<TestDb>, seed: u64) {
    let mut scene = Scene::set(db, seed).await;
    let calls: Vec<_> = scene.stage.truth().into_iter().collect();
    let listed =
        |agent: &str| calls.iter().filter(|(_, it)| it.agent_id.as_deref() == Some(agent)).count();
    let agents = scene.stage.simulator.mutate(|world| {
        let listed = world.agents().iter().filter(|agent| !agent.is_deleted);
        listed.map(|agent| agent.id.clone()).collect::<Vec<_>>()
    });
    let agent = agents.into_iter().max_by_key(|agent| listed(agent)).unwrap();
    let date = scene.day(20);
    let trial = NewCall {
        agent_id: Some(agent.clone()),
        is_trial: true,
        ..NewCall::at(date.as_millis() + 1)
    };
    let trial = scene.stage.simulator.mutate(|world| world.insert(trial));
    assert!(scene.stage.sync().await.success);
    assign(&scene.stage, &agent, "Maple").await;
    let maple = ensure_account(&scene.stage, "Maple").await;
    let (store, now) = (scene.stage.db.store.clone(), scene.stage.ctx.now());
    let edit = AccountEdit { counts_from: Some(date), ..AccountEdit::default() };
    change_account(&store, maple, &edit, "ann", now).await.unwrap();
    let (key, verdict) = (RuleKey::TestCalls, Verdict::Exclude);
    let (valid_from, valid_to) = (Timestamp::MIN, Timestamp::MAX);
    let rule = RuleChange::Establish(Rule { id: None, key, verdict, valid_from, valid_to });
    make_rule(&store, scene.stage.source.row.id, &rule, "ann", now).await.unwrap();
    let truth = scene.stage.truth();
    let mine = || truth.iter().filter(|(_, it)| it.agent_id.as_ref() == Some(&agent));
    let is_old = |at: i64| at < date.as_millis();
    let old =
        mine().filter(|(_, it)| is_old(it.created_at) && !it.is_trial).map(|(id, _)| id.clone());
    scene.plant(old.collect::<Vec<_>>(), Cause::OutsideResetDate);
    let tests = mine().filter(|(_, it)| it.is_trial).map(|(id, _)| id.clone());
    scene.plant(tests.collect::<Vec<_>>(), Cause::Excluded);
    assert_eq!(scene.planted[&trial], "excluded");
    let account = store.account_by_name("Maple").await.unwrap();
    let window = Window::new(scene.day(0), now).ok();
    let options = CompareOptions { window, account, ..CompareOptions::default() };
    let report = super::compared_with(&scene.stage, options).await;
    scene.assert_named(&report);
    assert!(report.summary.matching > 0);
}

/// A file may hold calls that are too young to be judged.
async fn of_a_file(db: Arc<TestDb>, seed: u64) {
    let mut scene = Scene::set(db, seed).await;
    assert!(scene.stage.sync().await.success);
    let now = scene.stage.ctx.now();
    let text = format!("id,time\nyoung,{}\n", now - MINUTE);
    let (said, stop) = (Columns::default(), CancellationToken::new());
    let file = FileSide::read("calls.csv", text.as_bytes(), &said, Country::US, &stop).unwrap();
    let lag = scene.stage.source.connection.capabilities().lag;
    assert!(lag > MINUTE);
    let (row, options) = (&scene.stage.source.row, CompareOptions::default());
    let compared = compare_with_file(&scene.stage.ctx, row, lag, file, None, &options).await;
    scene.plant(["young".to_owned()], Cause::NotSettled);
    scene.assert_named(&compared.unwrap());
}

/// Losses between two sources that saw the same calls: a line that is a leg of another and has no
/// conversation of its own, and a call that either source never had.
async fn of_two_sources(db: Arc<TestDb>, seed: u64) {
    let two = Two::busy_lines(&db, seed).await;
    two.read_both().await;
    sources::only_named(&two).await;
    let (leg, parent) = sources::further_leg(&two).await;
    let mut planted = Planted::from([(leg.clone(), Cause::Merged.as_str())]);
    let named = two.named().await;
    // Neither is part of a conversation of several lines.
    let several = sources::lines_of_several(&two).await;
    let is_alone = |line: &String| !several.contains(line);
    let mut others = named.iter().filter(|(call, line)| **call != parent && is_alone(line));
    let (unheard, line) = others.next().unwrap();
    sources::lose(&two.named, line).await;
    planted.insert(unheard.clone(), Cause::NotInProviderResponse.as_str());
    let (call, unspoken) = others.next().unwrap();
    sources::lose(&two.naming, call).await;
    planted.insert(unspoken.clone(), Cause::NotInProviderResponse.as_str());
    assert_named(&planted, &sources::compared(&two.naming, &two.named).await);
    assert_named(&planted, &sources::compared(&two.named, &two.naming).await);
}

on_both_databases! {
    async fn what_two_sources_do_not_share_is_named_1(db) { of_two_sources(db, 11).await; }
    async fn what_two_sources_do_not_share_is_named_2(db) { of_two_sources(db, 22).await; }
    async fn every_planted_loss_is_named_with_its_cause_1(db) { with_the_provider(db, 11).await; }
    async fn every_planted_loss_is_named_with_its_cause_2(db) { with_the_provider(db, 22).await; }
    async fn every_planted_loss_is_named_with_its_cause_3(db) { with_the_provider(db, 33).await; }
    async fn every_loss_of_the_providers_own_list_is_named_1(db) { of_the_list(db, 11).await; }
    async fn every_loss_of_the_providers_own_list_is_named_2(db) { of_the_list(db, 22).await; }
    async fn every_loss_of_the_providers_own_list_is_named_3(db) { of_the_list(db, 33).await; }
    async fn what_an_account_does_not_count_is_named_1(db) { of_an_account(db, 11).await; }
    async fn what_an_account_does_not_count_is_named_2(db) { of_an_account(db, 22).await; }
    async fn what_is_too_young_in_a_file_is_not_judged_1(db) { of_a_file(db, 11).await; }
    async fn what_is_too_young_in_a_file_is_not_judged_2(db) { of_a_file(db, 22).await; }
}

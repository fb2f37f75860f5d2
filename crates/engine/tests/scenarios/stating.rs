//! Statements of completeness: what they say is what is there, and nobody changes them unseen.

use domain::{AccountId, StatementVerdict, Timestamp, Window};
use engine::compare::{CompareOptions, compare};
use engine::place::{AccountEdit, change_account};
use engine::statement::{Asked, NotSigned, Signed, SigningKey, Stated, check, differences, make};
use testkit::{Stage, on_both_databases};

use crate::keeping::{assign, ensure_account};
use crate::play::*;

fn key() -> SigningKey {
    SigningKey::new(&[7; 32])
}

/// States everything that happened until now, of an account.
async fn stated(stage: &Stage, account: AccountId) -> Signed {
    let period = Window::new(stage.source.row.since, stage.ctx.now()).unwrap();
    stated_over(stage, account, period).await
}

async fn stated_over(stage: &Stage, account: AccountId, period: Window) -> Signed {
    let store = &stage.db.store;
    let accounts = store.accounts_list().await.unwrap();
    let account = accounts.into_iter().find(|row| row.id == account).unwrap();
    let ids = store.sources_of_account(account.id, period).await.unwrap();
    let row = stage.source.row.clone();
    let able = stage.source.connection.capabilities();
    let sources: Vec<Stated> = ids
        .iter()
        .map(|id| (*id == row.id).then(|| Stated { row: row.clone(), able: able.clone() }).unwrap())
        .collect();
    let asked = Asked { account, period };
    let signed = make(&stage.ctx, &asked, &sources, &key(), "a person").await.unwrap();
    check(&signed.text(), Some(&key().public())).unwrap()
}

/// Gives every agent's calls to one account, and tells it.
async fn everything_to(stage: &Stage, name: &str) -> AccountId {
    let account = ensure_account(stage, name).await;
    let agents = stage.db.store.agents_list(stage.source.row.id, stage.ctx.now()).await.unwrap();
    for agent in agents {
        assign(stage, &agent.provider_agent_id, name).await;
    }
    account
}

on_both_databases! {
    /// Its calls are those that are placed with the account, day by day; what waits is no secret.
    async fn a_statement_says_what_is_there(db) {
        let stage = stage(db, |_| {}).await;
        read_whole(&stage).await;
        let account = everything_to(&stage, "Maple").await;
        let held = stage.calls().await;
        let placed = held.values().filter(|call| call.placement == "placed").count() as u64;
        let waiting = held.values().filter(|call| call.placement == "waiting").count() as u64;
        assert!(placed > 0 && waiting > 0, "the world has both");
        let signed = stated(&stage, account).await;
        let statement = &signed.statement;
        assert_eq!(statement.calls, placed);
        let source = &statement.sources[0];
        assert_eq!(source.waiting.values().sum::<u64>(), waiting);
        assert_eq!(source.runs.count, 1);
        assert_eq!(statement.verdict, StatementVerdict::ProvedWithReservations);
        for why in ["wait to be placed", "not compared with the provider"] {
            assert!(statement.because.iter().any(|said| said.contains(why)), "{statement:#?}");
        }
        let kept = stage.db.store.statements_list(account, 10).await.unwrap();
        assert_eq!(kept.len(), 1);
        assert_eq!(kept[0].document, signed.text());
        assert_eq!(kept[0].verdict, "proved_with_reservations");
    }

    /// What nobody read is said in seconds and spans, and the verdict says that calls may be missing.
    async fn what_nobody_read_is_not_stated_as_empty(db) {
        let stage = stage(db, |_| {}).await;
        let account = ensure_account(&stage, "Maple").await;
        let nothing = stated(&stage, account).await;
        assert_eq!(nothing.statement.verdict, StatementVerdict::NotProved);
        read_whole(&stage).await;
        let account = everything_to(&stage, "Maple").await;
        stage.clock.pass(DAY * 3);
        let signed = stated(&stage, account).await;
        let source = &signed.statement.sources[0];
        let unread = source.ms_by_proof[&domain::Proof::Unread];
        let days = |count: u32| u64::try_from((DAY * count).as_millis()).unwrap();
        assert!(unread > days(2) && unread <= days(3), "{unread}");
        assert_eq!(source.unproved.len(), 1);
        assert_eq!(signed.statement.verdict, StatementVerdict::NotProved);
    }

    /// One call more, or one content that changed, is another digest of its day and of no other.
    async fn the_digest_of_a_day_is_that_of_its_calls(db) {
        let stage = stage(db, |_| {}).await;
        read_whole(&stage).await;
        let account = everything_to(&stage, "Maple").await;
        let before = stated(&stage, account).await;
        let held = stage.calls().await;
        let (id, call) = held.iter().find(|(_, call)| call.placement == "placed").unwrap();
        let zeros = "0".repeat(32);
        let blob = match stage.db.kind {
            testkit::Kind::Sqlite => format!("x'{zeros}'"),
            testkit::Kind::Postgres => format!("decode('{zeros}', 'hex')"),
        };
        let change = format!("UPDATE calls SET content_hash = {blob} WHERE provider_call_id = '{id}'");
        stage.db.execute(&change).await;
        let after = stated(&stage, account).await;
        let day = Timestamp::from_millis(call.occurred_at).floor_to(DAY);
        let days = before.statement.sources[0].days.iter().zip(&after.statement.sources[0].days);
        for (before, after) in days {
            assert_eq!(before.digest == after.digest, before.from.floor_to(DAY) != day);
        }
    }

    /// Whoever gets a statement sees that somebody changed it, or that somebody else made it.
    async fn nobody_changes_a_statement_unseen(db) {
        let stage = stage(db, |_| {}).await;
        read_whole(&stage).await;
        let account = everything_to(&stage, "Maple").await;
        let text = stated(&stage, account).await.text();
        let rewritten = serde_json::to_string(&serde_json::from_str::<serde_json::Value>(&text).unwrap());
        assert!(check(&rewritten.unwrap(), None).is_ok(), "how it is written does not matter");
        let changed = text.replacen("proved_with_reservations", "complete", 1);
        assert_ne!(changed, text);
        assert!(matches!(check(&changed, None), Err(NotSigned::Changed)));
        let other = SigningKey::new(&[8; 32]);
        assert!(matches!(check(&text, Some(&other.public())), Err(NotSigned::OtherKey { .. })));
        let mut untrue = stated(&stage, account).await.statement;
        untrue.calls += 1;
        let signed = key().sign(untrue).text();
        assert!(matches!(check(&signed, None), Err(NotSigned::Contradicts { .. })));
        assert!(matches!(check("{}", None), Err(NotSigned::Nothing { .. })));
    }

    /// A run that is changed, or taken out, after a statement was made of it is seen with the database.
    async fn a_run_changed_afterwards_is_seen(db) {
        let stage = stage(db, |_| {}).await;
        read_whole(&stage).await;
        let account = everything_to(&stage, "Maple").await;
        let signed = stated(&stage, account).await;
        stage.clock.pass(HOUR);
        stage.sync().await;
        assert_eq!(differences(&stage.ctx, &signed).await.unwrap(), Vec::<String>::new());
        let run = signed.statement.sources[0].runs.last.unwrap();
        let change = format!("UPDATE runs SET new = new + 1, listed = listed + 1 WHERE run_id = {run}");
        stage.db.execute(&change).await;
        let said = differences(&stage.ctx, &signed).await.unwrap();
        assert!(said.len() == 1 && said[0].contains("no longer what they were"), "{said:?}");
    }

    /// What was compared with the provider is no reservation; a comparison of somebody else's calls says
    /// nothing of these.
    async fn a_comparison_counts_for_whom_it_was_made(db) {
        let stage = stage(db, |_| {}).await;
        read_whole(&stage).await;
        let (account, other) =
            (ensure_account(&stage, "Maple").await, ensure_account(&stage, "Birch").await);
        let agents = stage.db.store.agents_list(stage.source.row.id, stage.ctx.now()).await.unwrap();
        for (nth, agent) in agents.iter().enumerate() {
            let name = if nth == 0 { "Birch" } else { "Maple" };
            assign(&stage, &agent.provider_agent_id, name).await;
        }
        let accounts = stage.db.store.accounts_list().await.unwrap();
        for (whose, is_compared) in [(Some(other), false), (Some(account), true), (None, true)] {
            let window = Window::new(stage.source.row.since, stage.ctx.now()).ok();
            let account_row = accounts.iter().find(|row| Some(row.id) == whose).cloned();
            let options = CompareOptions { window, account: account_row, ..Default::default() };
            let report = compare(&stage.ctx, &stage.source, options).await.unwrap();
            assert_eq!(report.summary.unexplained, 0);
            let source = &stated(&stage, account).await.statement.sources[0];
            assert_eq!(source.compared_ms == source.wanted_ms, is_compared, "{whose:?}");
            assert!(source.comparisons.iter().all(|it| it.is_whole && it.missing == 0));
        }
    }

    /// An account gets another name and a new one gets its old name: what was compared for the first
    /// proves nothing of the second, and still what it did of the first.
    async fn a_comparison_counts_for_its_account_whatever_that_is_called(db) {
        let stage = stage(db, |_| {}).await;
        read_whole(&stage).await;
        let first = ensure_account(&stage, "Maple").await;
        let agents = stage.db.store.agents_list(stage.source.row.id, stage.ctx.now()).await.unwrap();
        for agent in &agents[1..] {
            assign(&stage, &agent.provider_agent_id, "Maple").await;
        }
        let store = &stage.db.store;
        let options = CompareOptions {
            window: Window::new(stage.source.row.since, stage.ctx.now()).ok(),
            account: store.account_by_name("Maple").await.unwrap(),
            ..CompareOptions::default()
        };
        compare(&stage.ctx, &stage.source, options).await.unwrap();
        let birch = AccountEdit { name: Some("Birch".to_owned()), ..AccountEdit::default() };
        change_account(store, first, &birch, "ann", stage.ctx.now()).await.unwrap();
        assign(&stage, &agents[0].provider_agent_id, "Maple").await;
        let second = ensure_account(&stage, "Maple").await;
        assert_ne!(first, second);
        let source = stated(&stage, first).await.statement.sources.remove(0);
        assert_eq!(source.compared_ms, source.wanted_ms);
        let source = stated(&stage, second).await.statement.sources.remove(0);
        assert_eq!((source.compared_ms, source.comparisons.len()), (0, 0));

        // As programs wrote it that knew no ids: whose it was, nobody can say any more.
        let without = format!(
            "UPDATE runs SET response = REPLACE(response, '\"accountId\":{first},', '') WHERE kind = 'diagnostic'"
        );
        stage.db.execute(&without).await;
        for account in [first, second] {
            let source = stated(&stage, account).await.statement.sources.remove(0);
            assert_eq!((source.compared_ms, source.comparisons.len()), (0, 0));
        }
    }

    /// A part of a day is a part of its calls and of its proof.
    async fn a_period_may_begin_and_end_inside_a_day(db) {
        let stage = stage(db, |_| {}).await;
        read_whole(&stage).await;
        let account = everything_to(&stage, "Maple").await;
        let whole = stated(&stage, account).await.statement;
        let now = stage.ctx.now();
        let middle = now.floor_to(DAY) - DAY * 2 + HOUR * 11;
        let parts = [Window::new(whole.from, middle), Window::new(middle, now)];
        let mut calls = 0;
        for part in parts {
            calls += stated_over(&stage, account, part.unwrap()).await.statement.calls;
        }
        assert_eq!(calls, whole.calls);
    }
}

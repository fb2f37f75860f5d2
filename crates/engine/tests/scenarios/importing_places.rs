//! Accounts and assignments from CSV files: as far as they can be used, and told line by line.

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use domain::{RuleKey, Verdict};
use engine::lines::FileError;
use engine::lines::RefusedLine;
use engine::place::{FileReport, Importing, import_accounts, import_assignments};
use store::AccountRow;
use testkit::{KilledAfter, Kind, Stage, instant, on_both_databases};

use crate::keeping::{assert_books_are_true, ensure_account, small_windows};

const ACCOUNTS: &str = "\u{feff}name,external_id,country,reset_date\r\n\
    Maple,crm 1,at,2026-03-10\r\n\
    Cedar,,,\r\n\
    ,crm 9,,\r\n\
    \r\n\
    Birch,crm 1,,\r\n\
    Cedar,,US,\r\n\
    Oak,,Austria,\r\n\
    Oak,,,soon\r\n\
    Oak,,,,more\r\n";

on_both_databases! {
    /// A file is imported as far as it can be: every line that cannot is told with its reason, and
    /// the second time nothing is new.
    async fn a_file_of_accounts_is_imported_as_far_as_it_can_be(db) {
        let stage = stage(db).await;
        let dry = accounts(&stage, ACCOUNTS, true).await.unwrap();
        assert!(stage.db.store.accounts_list().await.unwrap().is_empty());
        let report = accounts(&stage, ACCOUNTS, false).await.unwrap();
        assert_eq!(dry, report);
        assert_eq!((report.lines, report.new, report.changed, report.unchanged), (8, 2, 0, 0));
        assert_eq!(told(&report), [
            (4, "it names no account"),
            (6, "the external id “crm 1” stands on line 2 already"),
            (7, "the account Cedar stands on line 3 already"),
            (8, "“Austria” is no country, such as US"),
            (9, "“soon” is no day or instant, such as 2026-01-31"),
            (10, "it has 5 fields, and the header has 4"),
        ]);
        let again = accounts(&stage, ACCOUNTS, false).await.unwrap();
        assert_eq!((again.new, again.changed, again.unchanged, again.refused), (0, 0, 2, 6));
        let rows = stage.db.store.accounts_list().await.unwrap();
        let [cedar, maple] = rows.as_slice() else { panic!("{rows:?}") };
        assert_eq!((cedar.name.as_str(), cedar.external_id.as_deref()), ("Cedar", None));
        assert_eq!(maple.calls_reset_at, Some(instant("2026-03-10")));
        assert_eq!(maple.country, domain::Country::new("AT"));

        // An external id finds an account that is called differently now.
        let renamed = accounts(&stage, "external_id,name\ncrm 1,Elm\n,Cedar\n", false).await.unwrap();
        assert_eq!((renamed.changed, renamed.unchanged), (1, 1));
        let other = accounts(&stage, "name,external_id\nElm,crm 2\nCedar,crm 1\n", false).await.unwrap();
        assert_eq!(told(&other), [
            (2, "the account Elm has the external id “crm 1”"),
            (3, "there is an account “Cedar” already"),
        ]);
        let names: Vec<String> = stage.db.store.accounts_list().await.unwrap()
            .into_iter().map(|row: AccountRow| row.name).collect();
        assert_eq!(names, ["Cedar", "Elm"]);
    }

    /// A file moves the calls that `assign` would move line by line, and a reset date those it
    /// leaves out; a preview says how many.
    async fn a_file_of_assignments_is_imported_as_far_as_it_can_be(db) {
        let stage = stage(db).await;
        for name in ["Maple", "Cedar"] {
            ensure_account(&stage, name).await;
        }
        let [one, two] = agents(&stage);
        let file = format!("agent,number,campaign,account,from,to\n\
            {one},,,Maple,,2026-03-15\n\
            {one},,,Cedar,2026-03-15,\n\
            {one},,,Maple,2026-03-01,\n\
            {two},,,Nobody,,\n\
            {two},,,,,\n\
            someone,,,Maple,,\n\
            ,12,,Maple,,\n\
            ,+12015550123,,Maple,,\n\
            ,+1 (201) 555-0123,,Cedar,,\n\
            ,,Spring,Maple,2026-02-01,2026-01-01\n\
            ,,Spring,Maple,yesterday,\n\
            ,,Spring,Maple,,\n\
            {two},,Spring,Maple,,\n\
            ,,,Maple,,\n");
        let dry = assignments(&stage, &file, true).await.unwrap();
        assert!(stage.calls().await.values().all(|row| row.placement == "waiting"));
        let report = assignments(&stage, &file, false).await.unwrap();
        assert_eq!(dry, report, "a preview foresees all of it");
        assert_eq!((report.lines, report.new, report.refused), (14, 4, 10));
        let border = "2026-03-15T00:00:00Z";
        assert_eq!(told(&report).iter().map(|(line, why)| format!("{line} {why}")).collect::<Vec<_>>(), [
            format!("4 the calls of {} belong to Cedar from {border}", name(&stage, &one).await),
            "5 there is no account “Nobody”".to_owned(),
            "6 it names no account".to_owned(),
            "7 there is no agent “someone”".to_owned(),
            "8 its number is no phone number with its country code".to_owned(),
            "10 the calls of the number +12015550123 belong to Maple".to_owned(),
            "11 its from, 2026-02-01T00:00:00Z, does not lie before its to, 2026-01-01T00:00:00Z".to_owned(),
            "12 “yesterday” is no day or instant, such as 2026-01-31".to_owned(),
            "14 it names both an agent and a campaign".to_owned(),
            "15 it names neither an agent nor a number nor a campaign".to_owned(),
        ]);
        let rows = stage.calls().await;
        let placed: Vec<_> = rows.values().filter(|row| row.placement == "placed").collect();
        assert_eq!(placed.len() as u64, report.calls_moved);
        assert!(placed.iter().all(|row| row.provider_agent_id.as_ref() == Some(&one)));
        for row in placed {
            let expected = if row.occurred_at < instant(border).as_millis() { "Maple" } else { "Cedar" };
            assert_eq!(row.account.as_deref(), Some(expected));
        }
        let (_, rules) = stage.db.store.rules_load(stage.source.row.id).await.unwrap();
        let keys: Vec<_> = rules.of_source().iter().map(|rule| (rule.key.clone(), rule.verdict)).collect();
        let maple = Verdict::Place(ensure_account(&stage, "Maple").await);
        assert_eq!(keys, [
            (RuleKey::Number("+12015550123".to_owned()), maple),
            (RuleKey::Campaign("Spring".to_owned()), maple),
        ]);
        let again = assignments(&stage, &file, false).await.unwrap();
        assert_eq!((again.new, again.unchanged, again.refused, again.calls_moved), (0, 4, 10, 0));
        assert_books_are_true(&stage).await;
    }

    /// A preview reads many calls to tell how many would move; nobody waits for it meanwhile.
    async fn a_source_is_read_while_a_preview_looks_at_its_calls(db) {
        let stage = stage(db).await;
        ensure_account(&stage, "Maple").await;
        let [one, two] = agents(&stage);
        let text = format!("agent,account\n{one},Maple\n{two},Maple\n");
        let asked = Importing { by: "ann", is_dry_run: true, now: stage.ctx.now() };
        let (file, has_ended) = ToItsEnd::of(text.clone());
        let store = stage.db.store.clone();
        let work = Box::pin(async move { import_assignments(&store, file, asked).await });
        let mut preview = KilledAfter { steps: 1, work };
        loop {
            // It takes one step and then stands still, with whatever it holds.
            let ended = (&mut preview).await;
            assert!(ended.is_none(), "it locked the source to its end");
            preview.steps = 1;
            if has_ended.load(Ordering::SeqCst) && nobody_has_locked(&stage).await {
                break;
            }
        }
        preview.steps = usize::MAX;
        let (report, foreseen) = tokio::join!(stage.sync_all(), preview);
        assert!(report.success, "{report:#?}");
        let foreseen = foreseen.unwrap().unwrap();
        assert!(foreseen.calls_moved > 0);
        assert_eq!(assignments(&stage, &text, false).await.unwrap(), foreseen);
    }

    /// A header nobody understands is refused whole, with what is accepted.
    async fn a_file_of_something_else_is_refused_whole(db) {
        let stage = stage(db).await;
        let check = |said: Result<FileReport, FileError>, sentence: &str| {
            let error = said.unwrap_err();
            assert!(matches!(error, FileError::Header(_)), "{error:?}");
            assert_eq!(error.to_string(), sentence);
        };
        check(accounts(&stage, "name,colour,\nMaple,red,\n", false).await,
            "the header has columns nobody knows: colour, (empty). A file of accounts has any of: name, external_id, country, reset_date");
        check(accounts(&stage, "name,country,name\nMaple,,\n", false).await, "the header has columns twice: name");
        check(accounts(&stage, "", false).await,
            "the header lacks name. A file of accounts has any of: name, external_id, country, reset_date");
        check(assignments(&stage, "account,from\nMaple,\n", false).await,
            "the header lacks agent or number or campaign. A file of assignments has any of: agent, number, campaign, source, account, from, to");
        assert!(stage.db.store.accounts_list().await.unwrap().is_empty());
    }
}

/// A file that tells when it was read to its end.
struct ToItsEnd {
    rest: std::io::Cursor<String>,
    has_ended: Arc<AtomicBool>,
}

impl ToItsEnd {
    fn of(text: String) -> (Self, Arc<AtomicBool>) {
        let has_ended = Arc::new(AtomicBool::new(false));
        (Self { rest: std::io::Cursor::new(text), has_ended: Arc::clone(&has_ended) }, has_ended)
    }
}

impl Read for ToItsEnd {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let read = self.rest.read(into)?;
        self.has_ended.fetch_or(read == 0, Ordering::SeqCst);
        Ok(read)
    }
}

/// Whether somebody else could write now, and change the rules of the source.
async fn nobody_has_locked(stage: &Stage) -> bool {
    let locks = match stage.db.kind {
        Kind::Sqlite => "PRAGMA busy_timeout = 0; BEGIN IMMEDIATE; ROLLBACK;",
        Kind::Postgres => "BEGIN; SELECT 1 FROM sources FOR UPDATE NOWAIT; ROLLBACK;",
    };
    stage.db.attempt(locks).await.is_ok()
}

/// A world read once, in which nothing is assigned.
async fn stage(db: Arc<testkit::TestDb>) -> Stage {
    let stage = Stage::set(db, small_windows(80)).await;
    assert!(stage.sync().await.success);
    stage
}

async fn accounts(stage: &Stage, file: &str, is_dry_run: bool) -> Result<FileReport, FileError> {
    let asked = Importing { by: "ann", is_dry_run, now: stage.ctx.now() };
    import_accounts(&stage.db.store, file.as_bytes(), asked).await
}

async fn assignments(stage: &Stage, file: &str, is_dry_run: bool) -> Result<FileReport, FileError> {
    let asked = Importing { by: "ann", is_dry_run, now: stage.ctx.now() };
    import_assignments(&stage.db.store, file.as_bytes(), asked).await
}

fn told(report: &FileReport) -> Vec<(u64, &str)> {
    assert_eq!(report.lines, report.new + report.changed + report.unchanged + report.refused);
    let told = |refused: &'_ RefusedLine| refused.line;
    assert!(report.refused_lines.is_sorted_by_key(told));
    report.refused_lines.iter().map(|refused| (refused.line, refused.why.as_str())).collect()
}

/// Two agents the provider lists.
fn agents(stage: &Stage) -> [String; 2] {
    stage.simulator.mutate(|world| {
        let mut listed = world.agents().iter().filter(|agent| !agent.is_deleted);
        [(); 2].map(|()| listed.next().unwrap().id.clone())
    })
}

async fn name(stage: &Stage, provider_agent_id: &str) -> String {
    let listed = stage.db.store.agents_list(stage.source.row.id, stage.ctx.now()).await.unwrap();
    let found = listed.into_iter().find(|agent| agent.provider_agent_id == provider_agent_id);
    found.unwrap().name
}

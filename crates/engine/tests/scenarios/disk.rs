//! Row B12: the database is full, read-only, or gone in the middle. Each says so in words, leaves
//! nothing half written, and is gone on with once it is mended.

use std::sync::Arc;
use std::time::Duration;

use engine::Context;
use engine::sync::SyncError;
use store::{Store, StoreError};
use testkit::{Gate, Kind, Stage, TestDb, on_both_databases};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::keeping::{
    assert_books_are_true, let_leases_run_out, meanwhile, restarted, small_windows, sync_as,
};

on_both_databases! {
    /// B12: there is no room for a page in the middle of the run.
    async fn a_disk_that_fills_up_in_the_middle_ends_the_run_and_the_next_one_goes_on(db) {
        let stage = Stage::set(db, small_windows(150)).await;
        let ids: Vec<String> = stage.truth().into_keys().collect();
        stage.db.fill_up_at("observations", &ids[50]).await;
        let failed = sync_as(&stage.ctx, &stage).await.unwrap_err();
        assert!(matches!(failed, SyncError::Store(StoreError::Full { .. })), "{failed:?}");
        let sentence = failed.to_string();
        assert!(sentence.contains("no room left for the database"), "{sentence}");
        assert!(sentence.contains("Free some disk space and run the command again"), "{sentence}");
        let run = &stage.db.store.runs_list(None, 1).await.unwrap()[0];
        assert_eq!((run.status.as_str(), run.error.as_deref()), ("failed", Some(&*sentence)));
        let kept = stage.calls().await.len();
        assert!(kept < 150);
        assert_books_are_true(&stage).await;

        stage.db.free_up("observations").await;
        assert_next_run_finishes(&stage, &stage.ctx).await;
    }

    /// B12: a file without the right to write, or a server set read-only.
    async fn a_read_only_database_is_said_to_be_one_and_nothing_is_asked_for(db) {
        let stage = Stage::set(Arc::clone(&db), small_windows(60)).await;
        let store = made_read_only(&db).await;
        let ctx = Context { store, ..stage.ctx.clone() };
        let requests = stage.simulator.requests_count();
        let failed = sync_as(&ctx, &stage).await.unwrap_err();
        assert!(matches!(failed, SyncError::Store(StoreError::ReadOnly { .. })), "{failed:?}");
        let sentence = failed.to_string();
        assert!(sentence.contains("read-only"), "{sentence}");
        assert!(sentence.contains("Give this user the right to write"), "{sentence}");
        assert_eq!(stage.simulator.requests_count(), requests, "no request was wasted");
        assert_eq!(db.number("SELECT COUNT(*) FROM runs").await, 0);

        made_writable(&db).await;
        assert_next_run_finishes(&stage, &stage.ctx).await;
    }
}

/// B12: the server restarts while pages are being written.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_are_cut_in_the_middle_end_the_run_and_the_next_one_goes_on() {
    TestDb::run(Kind::Postgres, |db| async move {
        let stage = Stage::set(db, small_windows(150)).await;
        // A connection that is cut while nobody uses it is replaced and nobody notices, so cut
        // one in the middle of a transaction too.
        stage.db.execute(CUT_AT_A_PAGE).await;
        let run = sync_as(&stage.ctx, &stage);
        let failed = meanwhile(&stage, 6, run, stage.db.execute(CUT)).await.unwrap_err();
        assert_unreachable(&failed);
        assert_books_are_true(&stage).await;
        stage.db.execute("DROP TRIGGER cut ON run_pages").await;
        assert_next_run_finishes(&stage, &stage.ctx).await;
    })
    .await;
}

/// B12: the network between us and the server swallows every word: no answer, not even a no.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_that_falls_silent_in_the_middle_ends_the_run_within_our_patience() {
    a_proxy_in_the_middle(Line::Silent).await;
}

/// B12: the network between us and the server is gone, and says so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_that_breaks_in_the_middle_ends_the_run() {
    a_proxy_in_the_middle(Line::Cut).await;
}

async fn a_proxy_in_the_middle(fault: Line) {
    TestDb::run(Kind::Postgres, move |db| async move {
        let stage = Stage::set(Arc::clone(&db), small_windows(150)).await;
        let (url, line, _carriers) = proxied(&db.url).await;
        let mut ctx = Context { store: Store::open(&url).await.unwrap(), ..restarted(&stage, 1) };
        ctx.settings.database_patience = Duration::from_secs(1);
        let breaks = async {
            line.send_replace(fault);
        };
        let run = meanwhile(&stage, 8, sync_as(&ctx, &stage), breaks);
        let ended = tokio::time::timeout(Duration::from_secs(20), run).await;
        let failed = ended.expect("no wait is for ever").unwrap_err();
        assert_unreachable(&failed);
        assert_books_are_true(&stage).await;

        line.send_replace(Line::Open);
        let_leases_run_out(&stage);
        let again = Context { store: Store::open(&url).await.unwrap(), ..restarted(&stage, 2) };
        assert_next_run_finishes(&stage, &again).await;
        again.store.close().await;
    })
    .await;
}

/// B12: the server commits, and the line is cut before anybody hears of it: at the first commit of a
/// run, at the second of the next, and so on until one needs fewer. What each counted is what it wrote.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_answer_is_lost_counts_as_what_it_wrote() {
    TestDb::run(Kind::Postgres, |db| async move {
        let stage = Stage::set(db, small_windows(150)).await;
        let (gate, through) = Gate::before(&stage.db.url).await.unwrap();
        let mut lost = 0;
        let whole = loop {
            let store = Store::open(&through).await.unwrap();
            let ctx = Context { store, ..restarted(&stage, lost) };
            gate.loses_the_answer_to_commit(lost + 1);
            let ended = sync_as(&ctx, &stage).await;
            gate.loses_the_answer_to_commit(0);
            assert_books_are_true(&stage).await;
            ctx.store.close().await;
            match ended {
                Ok(report) => break report,
                Err(failed) => assert_unreachable(&failed),
            }
            lost += 1;
            let_leases_run_out(&stage);
        };
        assert!(lost > 8, "only {lost} answers were lost");
        assert!(whole.success, "{whole:#?}");
        stage.assert_equals_truth().await;
        stage.assert_no_gaps().await;
        assert_eq!(stage.db.number("SELECT CAST(SUM(new) AS BIGINT) FROM runs").await, 150);
    })
    .await;
}

fn assert_unreachable(failed: &SyncError) {
    assert!(matches!(failed, SyncError::Store(StoreError::Unreachable { .. })), "{failed:?}");
    let sentence = failed.to_string();
    assert!(sentence.contains("the database cannot be reached"), "{sentence}");
    assert!(sentence.contains("nothing is lost, run the command again"), "{sentence}");
}

async fn assert_next_run_finishes(stage: &Stage, ctx: &Context) {
    let report = sync_as(ctx, stage).await.unwrap();
    assert!(report.success, "{report:#?}");
    report.accounts().balance().unwrap();
    stage.assert_equals_truth().await;
    stage.assert_no_gaps().await;
    assert_books_are_true(stage).await;
    assert_eq!(stage.db.number("SELECT COUNT(*) FROM runs WHERE finished_at IS NULL").await, 0);
}

const CUT: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                   WHERE datname = current_database() AND pid <> pg_backend_pid()";

const CUT_AT_A_PAGE: &str = "
CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$;
CREATE TRIGGER cut BEFORE INSERT ON run_pages FOR EACH ROW WHEN (NEW.seq > 5)
EXECUTE FUNCTION cut()";

/// The same database, as somebody has it who may only read.
async fn made_read_only(db: &TestDb) -> Store {
    if db.kind == Kind::Sqlite {
        let url = format!("{}?mode=ro", db.url);
        return Store::open(&url).await.expect("a file that can be read can be opened");
    }
    let (_, name) = db.url.rsplit_once('/').unwrap();
    db.execute(&format!("ALTER DATABASE {name} SET default_transaction_read_only = on")).await;
    db.attempt(CUT).await.unwrap();
    db.store.clone()
}

async fn made_writable(db: &TestDb) {
    if db.kind == Kind::Postgres {
        let (_, name) = db.url.rsplit_once('/').unwrap();
        db.execute(&format!(
            "BEGIN READ WRITE;
             ALTER DATABASE {name} RESET default_transaction_read_only;
             COMMIT;
             {CUT}"
        ))
        .await;
    }
}

/// What a network does with what it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    Open,
    Silent,
    Cut,
}

/// The address of the same database through a line that can be broken, and who carries it.
async fn proxied(url: &str) -> (String, watch::Sender<Line>, JoinSet<()>) {
    let (scheme, rest) = url.split_once("://").unwrap();
    let (authority, name) = rest.split_once('/').unwrap();
    let (user, server) = authority.rsplit_once('@').unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (line, seen) = watch::channel(Line::Open);
    let server = if server.contains(':') { server.to_owned() } else { format!("{server}:5432") };
    let mut carriers = JoinSet::new();
    carriers.spawn(async move {
        let mut lines = JoinSet::new();
        while let Ok((near, _)) = listener.accept().await {
            lines.spawn(carry(near, server.clone(), seen.clone()));
        }
    });
    (format!("{scheme}://{user}@127.0.0.1:{port}/{name}"), line, carriers)
}

async fn carry(mut near: TcpStream, server: String, mut line: watch::Receiver<Line>) {
    if *line.borrow() == Line::Cut {
        return;
    }
    let mut far = TcpStream::connect(server).await.unwrap();
    let open = *line.borrow() == Line::Open;
    let broken = async {
        if open {
            let _closed = line.wait_for(|line| *line != Line::Open).await;
        }
    };
    tokio::select! {
        biased;
        () = broken => {}
        _ended = tokio::io::copy_bidirectional(&mut near, &mut far) => return,
    }
    if *line.borrow() == Line::Silent {
        // Both ends stay open, and nothing is carried any more.
        std::future::pending::<()>().await;
    }
}

//! What the statements that everything waits for take in a database with many calls.
//!
//! `many_rows DATABASE_URL` is run by `cargo xtask bench rows`, which has filled the
//! database. Each statement runs some times; its median and its slowest are printed as one line of
//! JSON each, with how many rows came.

#![expect(clippy::print_stdout, reason = "its answer is read from its standard output")]

use std::borrow::Cow;
use std::error::Error;
use std::time::{Duration, Instant};

use domain::{
    AccountId, Bookmark, Call, CallStatus, ContentHash, Placement, ProviderCallId, ProviderTime,
    Revised, SourceId, Timestamp, WaitingReason,
};
use store::{CallFilter, ChangedError, NewCall, NewObservation, Scope, Store, StoreError};

/// How often each statement runs; the first time warms what every further one finds.
const TIMES: usize = 11;

/// Calls of one page of a provider, and of one of ours.
const PAGE: usize = 100;

type Done = Result<(), Box<dyn Error>>;

/// Runs a statement some times and prints what it took.
async fn measured<F>(what: &str, run: impl Fn(usize) -> F) -> Done
where
    F: Future<Output = Result<usize, StoreError>>,
{
    let mut took = Vec::new();
    let mut rows = 0;
    for nth in 0..TIMES {
        let began = Instant::now();
        rows = run(nth).await?;
        took.push(began.elapsed());
    }
    took.sort_unstable();
    let ms = |it: Duration| it.as_secs_f64() * 1000.0;
    let (median, slowest) = (ms(took[TIMES / 2]), ms(took[TIMES - 1]));
    println!(
        "{}",
        serde_json::json!({ "what": what, "median_ms": median, "slowest_ms": slowest, "rows": rows })
    );
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Done {
    let url = std::env::args().nth(1).ok_or("say which database")?;
    let store = Store::open(&url).await?;
    let source = store.sources_list().await?.into_iter().next().ok_or("no source")?.id;
    let totals = store.totals(Scope::Operator, source).await?;
    let (oldest, newest) = (totals.oldest.unwrap_or(0), totals.newest.unwrap_or(0));
    let middle = oldest.midpoint(newest);

    reads(&store, source, middle).await?;
    since(&store).await?;
    known(&store, source, middle).await?;
    measured("write a page of new calls with their records, one transaction", |nth| {
        write(&store, source, nth, newest)
    })
    .await?;
    store.close().await;
    Ok(())
}

async fn reads(store: &Store, source: SourceId, middle: i64) -> Done {
    let of = |source| CallFilter { source, ..CallFilter::default() };
    let count = PAGE as i64;
    measured("list of calls, first page, one source", |_| async {
        Ok(store.calls_list(Scope::Operator, &of(Some(source)), count).await?.len())
    })
    .await?;
    measured("list of calls, first page, all sources", |_| async {
        Ok(store.calls_list(Scope::Operator, &of(None), count).await?.len())
    })
    .await?;
    measured("list of calls, a page in the middle of the history", |nth| {
        let after = Some((middle + nth as i64 * 86_400_000, "m".to_owned()));
        let filter = CallFilter { after, ..of(Some(source)) };
        async move { Ok(store.calls_list(Scope::Operator, &filter, count).await?.len()) }
    })
    .await?;
    measured("list of calls, first page of one account", |nth| async move {
        let account = Scope::Account(AccountId(nth as i64 + 1));
        Ok(store.calls_list(account, &CallFilter::default(), count).await?.len())
    })
    .await?;
    measured("what waiting calls wait for", |_| async {
        Ok(store.waiting_groups(Scope::Operator, source).await?.len())
    })
    .await?;
    measured("totals of a source, as `status` shows them", |_| async {
        store.totals(Scope::Operator, source).await.map(|totals| usize::from(totals.calls > 0))
    })
    .await?;
    measured("load the ledger of a source", |_| async {
        Ok(store.coverage_load(source).await?.rows().len())
    })
    .await
}

/// What whoever follows changes asks: in the beginning, at the end, and of one account.
async fn since(store: &Store) -> Done {
    let from_the_beginning = Bookmark::default();
    measured("changes of calls from the beginning, a page over all sources", |_| {
        changed(store, Scope::Operator, &from_the_beginning)
    })
    .await?;
    measured("changes of calls of one account from the beginning, a page", |nth| {
        changed(store, Scope::Account(AccountId(nth as i64 + 1)), &from_the_beginning)
    })
    .await?;
    // Every call is of revision 0, which whoever has this has read.
    let sources = store.sources_list().await?;
    let read = sources.iter().map(|row| Revised { source: row.id, revision: 0, call: "" });
    let up_to_date = from_the_beginning.after(read.collect::<Vec<_>>(), None);
    measured("changes of calls where there are none", |_| {
        changed(store, Scope::Operator, &up_to_date)
    })
    .await
}

async fn changed(store: &Store, scope: Scope, since: &Bookmark) -> Result<usize, StoreError> {
    match store.calls_changed(scope, since, PAGE).await {
        Ok(page) => Ok(page.calls.len()),
        Err(ChangedError::Store(error)) => Err(error),
        Err(ahead @ ChangedError::Ahead) => {
            Err(StoreError::Statement { detail: ahead.to_string() })
        }
    }
}

/// Pages of neighbours in time, as a provider lists them, and of calls nobody has seen.
async fn known(store: &Store, source: SourceId, middle: i64) -> Done {
    let mut pages = Vec::new();
    for nth in 0..TIMES as i64 {
        let after = Some((middle - nth * 40_000_000, "m".to_owned()));
        let filter = CallFilter { source: Some(source), after, ..CallFilter::default() };
        let rows = store.calls_list(Scope::Operator, &filter, PAGE as i64).await?;
        pages.push(rows.into_iter().map(|row| row.provider_call_id).collect::<Vec<_>>());
    }
    measured("look up the calls of a page, all known", |nth| {
        let ids: Vec<&str> = pages[nth].iter().map(String::as_str).collect();
        async move { Ok(store.calls_known(source, &ids).await?.len()) }
    })
    .await?;
    measured("look up the calls of a page, none known", |nth| async move {
        let ids: Vec<String> = (0..PAGE).map(|at| new_id(nth + TIMES, at)).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        Ok(store.calls_known(source, &ids).await?.len())
    })
    .await
}

/// Random texts, as providers' ids are, so that they fall anywhere in an index.
fn new_id(page: usize, at: usize) -> String {
    let hash = ContentHash::of(format!("{page}/{at}").as_bytes());
    format!("new-{hash:?}").replace(|letter: char| !letter.is_ascii_alphanumeric(), "")
}

async fn write(
    store: &Store,
    source: SourceId,
    page: usize,
    newest: i64,
) -> Result<usize, StoreError> {
    let ids: Vec<String> = (0..PAGE).map(|at| new_id(page, at)).collect();
    let raw = vec![7_u8; 250];
    let calls: Vec<NewCall> =
        ids.iter().enumerate().map(|(at, id)| call(id, newest + at as i64 * 1000)).collect();
    let records: Vec<NewObservation> = ids
        .iter()
        .map(|id| NewObservation {
            provider_call_id: Cow::Borrowed(id),
            version: 1,
            content_hash: ContentHash::of(id.as_bytes()),
            dictionary_id: 0,
            raw: Cow::Borrowed(&raw),
        })
        .collect();
    let now = Timestamp::from_millis(newest);
    let mut tx = store.begin().await?;
    tx.calls_write(source, 1, "poll", now, &calls).await?;
    tx.observations_add(source, 1, "poll", now, &records).await?;
    tx.commit().await?;
    Ok(calls.len())
}

fn call(id: &str, at: i64) -> NewCall<'static> {
    let occurred_at = ProviderTime { at: Timestamp::from_millis(at), text: at.to_string() };
    let call = Call {
        duration: Some(Duration::from_mins(1)),
        status: CallStatus::Completed,
        ..Call::bare(ProviderCallId(id.to_owned()), occurred_at)
    };
    let reason = WaitingReason::NoAgentIdInCall;
    NewCall::first(
        Cow::Owned(call),
        Placement::Waiting { agent: None, reason },
        ContentHash::of(id.as_bytes()),
    )
}

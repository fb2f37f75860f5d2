//! The floor a benchmark compares with: fetches every call log of a sub-account, reads every
//! record, and keeps nothing.
//!
//! Usage: `floor_fetch BASE_URL LOCATION TOKEN_FILE [PAGES_AHEAD]`

use std::error::Error;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use domain::{Timestamp, Window};
use futures::StreamExt;
use providers::clock::SystemClock;
use providers::highlevel_voice_ai::Settings;
use providers::highlevel_voice_ai::client::{Client, Listing};
use providers::highlevel_voice_ai::wire::{CallLog, CallPage};
use providers::http::budget::{Budgets, Rate};
use providers::json::{is_true, number, text};
use providers::{Credential, SourceError, Tuning};

#[tokio::main]
#[expect(clippy::print_stdout, reason = "the result is what a benchmark reads")]
async fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [base_url, location, token_file, rest @ ..] = words.as_slice() else {
        return Err("usage: floor_fetch BASE_URL LOCATION TOKEN_FILE [PAGES_AHEAD]".into());
    };
    let pages_ahead = rest.first().map_or(Ok(8), |text| text.parse())?;
    let token = std::fs::read_to_string(token_file)?;
    let client = client(base_url, location, token.trim(), pages_ahead)?;
    let began = Instant::now();
    let (calls, pages) = fetch_all(&client, pages_ahead as usize).await?;
    let duration_ms = began.elapsed().as_millis();
    println!("{{\"calls\":{calls},\"pages\":{pages},\"duration_ms\":{duration_ms}}}");
    Ok(())
}

fn client(
    base_url: &str,
    location: &str,
    token: &str,
    pages_ahead: u32,
) -> Result<Client, Box<dyn Error>> {
    let settings =
        Settings { base_url: base_url.to_owned(), pages_ahead, ..Settings::new(location) };
    let concurrency = (pages_ahead as usize).max(1);
    let tuning = Tuning { rate: Some(Rate::Unlimited), concurrency, ..Tuning::default() };
    let credential = Credential::PrivateToken(token.into());
    Ok(Client::new(settings, credential, tuning, Arc::new(SystemClock), &Budgets::new())?)
}

/// How many calls there are, and on how many pages.
async fn fetch_all(client: &Client, pages_ahead: usize) -> Result<(u64, u64), SourceError> {
    let window = Window::new(Timestamp::from_millis(0), Timestamp::MAX).ok();
    let page_size = client.settings().page_size;
    let listing = |page| Listing { window, page, page_size, is_newest_first: false, kind: None };
    let first = client.calls(listing(1)).await?;
    let stride = (first.records.len() as u64).max(1);
    let mut calls = readable(&first);
    let last = first.total.div_ceil(stride).max(1);
    let rest = futures::stream::iter(2..=last);
    let mut pages =
        rest.map(|page| client.calls(listing(page))).buffer_unordered(pages_ahead.max(1));
    while let Some(page) = pages.next().await {
        calls += readable(&page?);
    }
    Ok((calls, last))
}

/// How many records are calls, with every field of each read.
fn readable(page: &CallPage) -> u64 {
    page.records.iter().filter(|record| read(&record.bytes).is_some()).count() as u64
}

fn read(record: &[u8]) -> Option<()> {
    let log = CallLog::read(std::str::from_utf8(record).ok()?).ok()?;
    let texts = [
        log.contact_id,
        log.agent_id,
        log.from_number,
        log.summary,
        log.transcript,
        log.message_id,
    ];
    black_box(texts.map(|field| field.and_then(text)));
    black_box([log.is_agent_deleted, log.trial_call].map(is_true));
    black_box((log.duration.and_then(number), log.id().ok()?, log.created_at().ok()?));
    Some(())
}

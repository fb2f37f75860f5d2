//! The calls that a page of calls is part of, all of them, as a file.

use std::io::{self, BufWriter};
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{Uri, header};
use axum::response::{IntoResponse as _, Response};
use engine::export::{Export, ExportError, Format, Pages, XLSX_CALLS_MAX, export, text};
use futures::{Stream, StreamExt as _, TryStreamExt as _, stream};
use store::{CallFilter, Scope, Store};
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::facts::{CallsAsked, calls_asked};
use crate::failure::Failure;
use crate::guest::Guest;
use crate::limits::Files;
use crate::seats::{Seat, Seats};
use crate::zone::Zone;

/// Where it is.
pub const PATH: &str = "/calls/export";

/// Each format with the address of the calls that are asked for.
pub fn files(asked: &CallsAsked) -> Vec<(&'static str, String)> {
    let all = asked.address(PATH, &[("after", None), ("limit", None)]);
    let sign = if all.contains('?') { '&' } else { '?' };
    let file = |format: Format| (format.title(), format!("{all}{sign}format={}", format.ending()));
    Format::ALL.map(file).into()
}

/// Bytes sent at once of a file that is ready.
const PIECE: usize = 1 << 16;

/// When whoever finds no room asks again: by then something is most likely made.
const AGAIN: Duration = Duration::from_secs(10);

/// Files that are made as a whole before they are sent, and whose.
#[derive(Clone)]
pub struct Making {
    room: Arc<Semaphore>,
    /// By session; none where nobody signs in.
    of_one: Seats<Option<i64>>,
}

/// Room to make one file, and the seat of whoever it is for.
type Room = (OwnedSemaphorePermit, Seat<Option<i64>>);

impl Making {
    /// Within these limits.
    pub fn new(limits: Files) -> Self {
        Self { room: Arc::new(Semaphore::new(limits.at_once)), of_one: Seats::new(limits.of_one) }
    }

    /// Room for one more.
    fn begin(&self, guest: &Guest) -> Result<Room, Failure> {
        let full = |what| Failure::TooOften { what, wait: AGAIN };
        let session = guest.person().map(|person| person.session);
        let seat = self.of_one.take(&session).ok_or(full("files at once in one session"))?;
        let room = Arc::clone(&self.room).try_acquire_owned();
        Ok((room.map_err(|_none| full("files in the making"))?, seat))
    }
}

/// Sends them. The answer begins at once, however long there is to read; where reading fails, it
/// breaks off, so that no browser takes a part for the whole.
pub async fn send(
    State(state): State<crate::State>,
    Extension(making): Extension<Making>,
    guest: Guest,
    zone: Zone,
    uri: Uri,
) -> Result<Response, Failure> {
    let (format, rest) = split(uri.query().unwrap_or_default())?;
    let asked = calls_asked(Query::try_from_uri(&rest))?;
    let room = match format {
        Format::Csv | Format::Lines => None,
        Format::Xlsx | Format::Parquet => Some(making.begin(&guest)?),
    };
    // Of what they cannot see they get the file of no calls.
    let filter = asked.filter(&state.store, &guest, &zone).await?;
    let filter = filter.map(|filter| CallFilter { after: None, ..filter });
    if format == Format::Xlsx
        && let Some(filter) = &filter
    {
        fits(&state.store, guest.scope(), filter).await?;
    }
    let pages = match filter {
        Some(filter) => Some(Pages::new(state.store, guest.scope(), filter).await?),
        None => None,
    };
    let pages = match (pages, asked.said()?) {
        (Some(pages), Some(words)) => Some(pages.said(words, state.read)),
        (pages, _) => pages,
    };
    let body = match room {
        None => Body::from_stream(texts(pages, format)?),
        Some(room) => Body::from_stream(packed(pages, format, room)),
    };
    let name = format!("attachment; filename=\"calls.{}\"", format.ending());
    let headers = [
        (header::CONTENT_TYPE, format.media_type().to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((headers, body).into_response())
}

/// The format that a query names, and the query without it.
fn split(query: &str) -> Result<(Format, Uri), Failure> {
    let (named, rest): (Vec<&str>, Vec<&str>) =
        query.split('&').partition(|pair| pair.starts_with("format="));
    let named = named.last().map_or("csv", |pair| pair.trim_start_matches("format="));
    let format = Format::of_ending(named).ok_or_else(|| Failure::Misasked {
        sentence: "format is one of csv, jsonl, xlsx, parquet.".to_owned(),
    })?;
    let rest = format!("/?{}", rest.join("&")).parse();
    let rest = rest.map_err(|_no_address| Failure::Misasked {
        sentence: "This address has characters that no address has.".to_owned(),
    })?;
    Ok((format, rest))
}

/// Refuses what no sheet holds while there is still somebody to be told so. Where calls are looked
/// through one by one nobody knows their number before the end.
async fn fits(store: &Store, scope: Scope, filter: &CallFilter) -> Result<(), Failure> {
    if filter.is_sifting() {
        return Ok(());
    }
    let beyond = store.calls_reach(scope, filter, i64::from(XLSX_CALLS_MAX)).await?;
    if beyond.is_none() {
        return Ok(());
    }
    Err(Failure::Misasked { sentence: format!("{}.", ExportError::TooMany) })
}

/// Read page by page, as fast as they are taken.
fn texts(
    pages: Option<Pages>,
    format: Format,
) -> Result<impl Stream<Item = io::Result<Vec<u8>>>, Failure> {
    let mut head = Vec::new();
    text(format, true, &[], &mut head)
        .map_err(|error| Failure::Defect { detail: error.to_string() })?;
    let begin = stream::iter([Ok(head)]);
    let rest = stream::try_unfold(pages, move |pages: Option<Pages>| async move {
        let Some(mut pages) = pages else { return Ok(None) };
        let Some(calls) = pages.next().await.map_err(broken_off)? else { return Ok(None) };
        let mut bytes = Vec::new();
        text(format, false, &calls, &mut bytes)?;
        Ok(Some((bytes, Some(pages))))
    });
    Ok(begin.chain(rest))
}

/// Written into a temporary file, which is sent once it is whole. By then there is room to make
/// another, but whoever it is for keeps their seat until they have it.
fn packed(
    pages: Option<Pages>,
    format: Format,
    (room, seat): Room,
) -> impl Stream<Item = io::Result<Vec<u8>>> {
    let whole = async move {
        let file = tempfile::tempfile()?;
        let out = (format, BufWriter::with_capacity(PIECE, file.try_clone()?));
        match pages {
            Some(pages) => export(pages, out, |_written| ()).await.map(|_written| ()),
            None => Export::new(out.0, out.1).and_then(Export::finish),
        }
        .map_err(broken_off)?;
        let mut file = File::from_std(file);
        file.rewind().await?;
        drop(room);
        io::Result::Ok(stream::try_unfold((file, seat), |(mut file, seat)| async move {
            let mut piece = vec![0; PIECE];
            let length = file.read(&mut piece).await?;
            piece.truncate(length);
            Ok((length > 0).then_some((piece, (file, seat))))
        }))
    };
    stream::once(whole).try_flatten()
}

/// For the log: whoever reads sees only that it ended early.
fn broken_off(error: impl std::error::Error + Send + Sync + 'static) -> io::Error {
    tracing::error!("an export of calls broke off: {error}");
    io::Error::other(error)
}

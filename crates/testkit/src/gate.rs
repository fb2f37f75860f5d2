//! A door between our program and its database that can be shut.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Bytes carried at once.
const CHUNK: usize = 64 * 1024;

/// A TCP proxy before a database; dropping it cuts every line.
#[derive(Debug)]
pub struct Gate {
    shut: Arc<watch::Sender<bool>>,
    commits: Arc<Commits>,
    _serving: JoinSet<()>,
}

impl Gate {
    /// Stands before the server of this address; answers the address that leads through it.
    pub async fn before(url: &str) -> io::Result<(Self, String)> {
        let (head, rest) = url.split_once('@').ok_or(io::ErrorKind::InvalidInput)?;
        let (server, path) = rest.split_once('/').ok_or(io::ErrorKind::InvalidInput)?;
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let through = format!("{head}@{}/{path}", listener.local_addr()?);
        let (shut, is_shut) = watch::channel(false);
        let (mut serving, commits) = (JoinSet::new(), Arc::<Commits>::default());
        serving.spawn(serve(listener, server.to_owned(), is_shut, Arc::clone(&commits)));
        Ok((Self { shut: Arc::new(shut), commits, _serving: serving }, through))
    }

    /// Of the commits that come from now on, the nth is done by the server, and its line is cut before
    /// anybody hears of it.
    pub fn loses_the_answer_to_commit(&self, nth: usize) {
        self.commits.until_lost.store(nth, Ordering::SeqCst);
    }

    /// Who can shut and open it.
    pub fn latch(&self) -> Arc<watch::Sender<bool>> {
        Arc::clone(&self.shut)
    }
}

/// Which commit's answer is lost.
#[derive(Debug, Default)]
struct Commits {
    /// How many come until then, that one included; none where none is lost.
    until_lost: AtomicUsize,
}

impl Commits {
    /// Whether the answer to what is asked here is to be lost.
    fn is_lost(&self, asked: &[u8]) -> bool {
        // A simple query, as whoever ends a transaction sends it.
        const COMMIT: &[u8] = b"COMMIT\0";
        let is_commit = asked.windows(COMMIT.len()).any(|part| part == COMMIT);
        let counted = |left: usize| left.checked_sub(1);
        is_commit
            && self.until_lost.fetch_update(Ordering::SeqCst, Ordering::SeqCst, counted) == Ok(1)
    }
}

async fn serve(
    listener: TcpListener,
    server: String,
    is_shut: watch::Receiver<bool>,
    commits: Arc<Commits>,
) {
    let mut lines = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        while lines.try_join_next().is_some() {}
        // Whoever comes while it is shut is let in and sent away at once.
        if !*is_shut.borrow() {
            lines.spawn(line(client, server.clone(), is_shut.clone(), Arc::clone(&commits)));
        }
    }
}

async fn line(
    mut client: TcpStream,
    server: String,
    mut is_shut: watch::Receiver<bool>,
    commits: Arc<Commits>,
) {
    let Ok(mut server) = TcpStream::connect(server).await else { return };
    let (from_client, to_client) = client.split();
    let (from_server, to_server) = server.split();
    let is_lost = AtomicBool::new(false);
    // However a line ends, it has ended.
    tokio::select! {
        _ended = asks(from_client, to_server, &commits, &is_lost) => {}
        _ended = answers(from_server, to_client, &is_lost) => {}
        _shut = is_shut.wait_for(|is_shut| *is_shut) => {}
    }
}

async fn asks(
    mut client: ReadHalf<'_>,
    mut server: WriteHalf<'_>,
    commits: &Commits,
    is_lost: &AtomicBool,
) -> io::Result<()> {
    let mut asked = vec![0; CHUNK];
    loop {
        let asked = match client.read(&mut asked).await? {
            0 => return Ok(()),
            length => &asked[..length],
        };
        // Before it is asked, so that no answer comes too early.
        is_lost.fetch_or(commits.is_lost(asked), Ordering::SeqCst);
        server.write_all(asked).await?;
    }
}

async fn answers(
    mut server: ReadHalf<'_>,
    mut client: WriteHalf<'_>,
    is_lost: &AtomicBool,
) -> io::Result<()> {
    let mut answered = vec![0; CHUNK];
    loop {
        let length = server.read(&mut answered).await?;
        if length == 0 || is_lost.load(Ordering::SeqCst) {
            return Ok(());
        }
        client.write_all(&answered[..length]).await?;
    }
}

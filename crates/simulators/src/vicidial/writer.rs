//! A connection to the database server in a thread of its own, through which the cluster's
//! programs write: each statement by itself, and none cares whether it worked.

use std::io;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::JoinHandle;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts, Row, Value};

/// Rows as text.
pub(super) type Rows = Vec<Vec<Option<String>>>;

type Answer = Result<Rows, String>;

struct Job {
    statement: String,
    answer: Sender<Answer>,
}

/// Writes what it is told, in order.
pub(super) struct Writer {
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Connects.
    pub fn start(url: &str) -> io::Result<Self> {
        let opts = Opts::from_url(url).map_err(io::Error::other)?;
        let (jobs, todo) = mpsc::channel();
        let (ready, started) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            let ended = work(opts, &todo, &ready);
            // Nobody may be waiting for a first word any more.
            drop(ended.map_err(|error| ready.send(Err(error))));
        });
        let writer = Self { jobs: Some(jobs), thread: Some(thread) };
        let connected = started.recv().map_err(io::Error::other)?;
        connected.map(|()| writer)
    }

    /// Runs a statement and answers with its rows, or with why it failed.
    pub fn ask(&self, statement: impl Into<String>) -> Answer {
        let (answer, answered) = mpsc::channel();
        let job = Job { statement: statement.into(), answer };
        let gone = || "the writer has ended".to_owned();
        self.jobs.as_ref().ok_or_else(gone)?.send(job).map_err(|_unsent| gone())?;
        answered.recv().map_err(|_gone| gone())?
    }

    /// Runs a statement, and does not care whether it worked.
    pub fn write(&self, statement: impl Into<String>) {
        drop(self.ask(statement));
    }

    /// Runs a statement that must work.
    pub fn must(&self, statement: impl Into<String>) -> io::Result<Rows> {
        self.ask(statement).map_err(io::Error::other)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // It ends by itself once there are no more jobs.
            drop(thread.join());
        }
    }
}

fn work(opts: Opts, todo: &Receiver<Job>, ready: &Sender<io::Result<()>>) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut conn = Conn::new(opts).await.map_err(io::Error::other)?;
        ready.send(Ok(())).map_err(io::Error::other)?;
        while let Ok(Job { statement, answer }) = todo.recv() {
            let rows = conn.query::<Row, _>(statement).await;
            let rows = rows.map(|rows| rows.into_iter().map(texts).collect());
            // Who asked may have gone.
            drop(answer.send(rows.map_err(|error| error.to_string())));
        }
        conn.disconnect().await.map_err(io::Error::other)
    })
}

fn texts(row: Row) -> Vec<Option<String>> {
    let text = |value: Value| match value {
        Value::Bytes(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        _ => None,
    };
    row.unwrap().into_iter().map(text).collect()
}

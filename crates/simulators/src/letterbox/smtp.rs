//! A server that takes mail, as RFC 5321 has it: EHLO, AUTH PLAIN, MAIL, RCPT, DATA, RSET, NOOP, QUIT.
//! It refuses recipients it was told to refuse, and keeps what it took.

use std::collections::BTreeSet;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// The longest line of a command or a text (RFC 5321, 4.5.3.1.6, is shorter).
const LINES_MAX: usize = 10_000;

/// A mail that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailed {
    /// Who sent it, as the envelope says.
    pub from: String,
    /// To whom, as the envelope says.
    pub to: Vec<String>,
    /// Headers and text, with dots as they were written.
    pub content: String,
    /// What opened the server, as AUTH PLAIN sent it.
    pub login: Option<String>,
}

#[derive(Default)]
struct Kept {
    mailed: Vec<Mailed>,
    refused: BTreeSet<String>,
}

/// The server; dropping it ends it.
pub struct Mailbox {
    address: SocketAddr,
    kept: Arc<Mutex<Kept>>,
    _serving: JoinSet<()>,
}

impl Mailbox {
    /// Listens on a loopback port.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let kept: Arc<Mutex<Kept>> = Arc::default();
        let shared = Arc::clone(&kept);
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            let mut lines = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                while lines.try_join_next().is_some() {}
                lines.spawn(talk(stream, Arc::clone(&shared)));
            }
        });
        Ok(Self { address, kept, _serving: serving })
    }

    /// Its port on this machine.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Refuses this recipient for good from now on.
    pub fn refuses(&self, recipient: &str) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.refused.insert(recipient.to_owned());
    }

    /// Everything that was taken.
    pub fn mailed(&self) -> Vec<Mailed> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).mailed.clone()
    }
}

/// One conversation. However it breaks off, what was not taken whole is not kept.
async fn talk(stream: TcpStream, kept: Arc<Mutex<Kept>>) {
    let talked = converse(stream, &kept).await;
    // Whoever hangs up has hung up.
    talked.unwrap_or_default();
}

async fn converse(stream: TcpStream, kept: &Mutex<Kept>) -> io::Result<()> {
    let (reading, mut writing) = stream.into_split();
    let mut lines = BufReader::new(reading).lines();
    let mut letter =
        Mailed { from: String::new(), to: Vec::new(), content: String::new(), login: None };
    writing.write_all(b"220 letterbox ready\r\n").await?;
    while let Some(line) = lines.next_line().await? {
        let (verb, rest) = line.split_once(' ').unwrap_or((line.as_str(), ""));
        let answer = match verb.to_ascii_uppercase().as_str() {
            "EHLO" => "250-letterbox\r\n250-8BITMIME\r\n250 AUTH PLAIN".to_owned(),
            "HELO" => "250 letterbox".to_owned(),
            "AUTH" => {
                letter.login = rest.split_whitespace().nth(1).map(str::to_owned);
                "235 2.7.0 welcome".to_owned()
            }
            "MAIL" => {
                letter.from = path(rest);
                "250 2.1.0 ok".to_owned()
            }
            "RCPT" => recipient(kept, &mut letter, path(rest)),
            "DATA" if letter.to.is_empty() => "503 5.5.1 to whom?".to_owned(),
            "DATA" => {
                writing.write_all(b"354 go on\r\n").await?;
                letter.content = content(&mut lines).await?;
                let login = letter.login.clone();
                let empty =
                    Mailed { from: String::new(), to: Vec::new(), content: String::new(), login };
                let whole = std::mem::replace(&mut letter, empty);
                kept.lock().unwrap_or_else(PoisonError::into_inner).mailed.push(whole);
                "250 2.0.0 taken".to_owned()
            }
            "RSET" => {
                letter.to.clear();
                "250 2.0.0 ok".to_owned()
            }
            "NOOP" => "250 2.0.0 ok".to_owned(),
            "QUIT" => {
                writing.write_all(b"221 2.0.0 bye\r\n").await?;
                return Ok(());
            }
            _ => "500 5.5.2 no such command".to_owned(),
        };
        writing.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
    Ok(())
}

fn recipient(kept: &Mutex<Kept>, letter: &mut Mailed, to: String) -> String {
    if kept.lock().unwrap_or_else(PoisonError::into_inner).refused.contains(&to) {
        return "550 5.1.1 nobody of this name".to_owned();
    }
    letter.to.push(to);
    "250 2.1.5 ok".to_owned()
}

/// The address in `FROM:<a@b>` or `TO:<a@b>`.
fn path(rest: &str) -> String {
    let inside = rest.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inside.map(|(address, _)| address.to_owned()).unwrap_or_default()
}

/// Up to the line that is a dot; a dot before another was put there for the way only.
async fn content(
    lines: &mut tokio::io::Lines<BufReader<tokio::net::tcp::OwnedReadHalf>>,
) -> io::Result<String> {
    let mut content = String::new();
    for _ in 0..LINES_MAX {
        let line = lines.next_line().await?.ok_or(io::ErrorKind::UnexpectedEof)?;
        if line == "." {
            return Ok(content);
        }
        content.push_str(line.strip_prefix('.').unwrap_or(&line));
        content.push('\n');
    }
    Err(io::ErrorKind::FileTooLarge.into())
}

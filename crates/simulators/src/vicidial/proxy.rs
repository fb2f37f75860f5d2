//! What stands between a reader and the database: it sees every statement, and can answer for the
//! server, cut the line, or let something happen first.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// A statement in the protocol.
const COM_QUERY: u8 = 3;

/// What happens to a statement.
pub enum Act {
    /// The server answers with this error, such as 1205 for a lock that was waited for.
    Refuse(u16),
    /// The line is cut instead of an answer.
    Cut,
    /// Somebody writes before the statement reaches the server.
    First(Box<dyn FnMut() + Send>),
    /// The server answers another statement instead.
    Instead(String),
    /// The server answers with this error as long as this holds, as behind a lock.
    While(Box<dyn FnMut() -> bool + Send>, u16),
}

/// Which statements something happens to.
struct Trap {
    contains: String,
    skips: usize,
    times: usize,
    act: Act,
}

#[derive(Default)]
struct Shared {
    traps: Mutex<Vec<Trap>>,
    statements: Mutex<Vec<String>>,
    is_closing: AtomicBool,
}

/// A running proxy; it takes no further connections once dropped.
pub(super) struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

enum Verdict {
    Forward,
    Refuse(u16),
    Cut,
    Instead(String),
}

impl Proxy {
    /// Stands before the server at `server`.
    pub fn start(server: (String, u16)) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::default());
        let known = Arc::clone(&shared);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if known.is_closing.load(Ordering::Relaxed) {
                    return;
                }
                let (shared, server) = (Arc::clone(&known), server.clone());
                // A line that breaks is the end of that line only.
                std::thread::spawn(move || drop(serve(client, &server, &shared)));
            }
        });
        Ok(Self { address, shared })
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// From now on something happens to statements that contain this text: to `times` of them,
    /// after the first `skips`.
    pub fn trap(&self, contains: &str, skips: usize, times: usize, act: Act) {
        let trap = Trap { contains: contains.to_owned(), skips, times, act };
        self.shared.traps.lock().unwrap_or_else(PoisonError::into_inner).push(trap);
    }

    /// From now on every statement passes.
    pub fn forget_traps(&self) {
        self.shared.traps.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Every statement so far.
    pub fn statements(&self) -> Vec<String> {
        self.shared.statements.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.is_closing.store(true, Ordering::Relaxed);
        // Wakes whoever listens, who then sees that it is over.
        drop(TcpStream::connect(self.address));
    }
}

impl Shared {
    fn meet(&self, statement: String) -> Verdict {
        let mut traps = self.traps.lock().unwrap_or_else(PoisonError::into_inner);
        let mut verdict = Verdict::Forward;
        for trap in traps.iter_mut().filter(|trap| statement.contains(&trap.contains)) {
            if trap.skips > 0 {
                trap.skips -= 1;
                continue;
            }
            if trap.times == 0 {
                continue;
            }
            trap.times -= 1;
            match &mut trap.act {
                Act::Refuse(code) => verdict = Verdict::Refuse(*code),
                Act::Cut => verdict = Verdict::Cut,
                Act::First(happen) => happen(),
                Act::Instead(other) => verdict = Verdict::Instead(other.clone()),
                Act::While(holds, code) => {
                    if holds() {
                        verdict = Verdict::Refuse(*code);
                    }
                }
            }
        }
        drop(traps);
        self.statements.lock().unwrap_or_else(PoisonError::into_inner).push(statement);
        verdict
    }
}

fn serve(mut client: TcpStream, server: &(String, u16), shared: &Shared) -> io::Result<()> {
    let mut server = TcpStream::connect((server.0.as_str(), server.1))?;
    for line in [&client, &server] {
        line.set_nodelay(true)?;
    }
    let (mut back, mut front) = (server.try_clone()?, client.try_clone()?);
    std::thread::spawn(move || {
        // Either side may hang up at any time.
        drop(io::copy(&mut back, &mut front));
        drop(front.shutdown(Shutdown::Both));
    });
    let ended = forward(&mut client, &mut server, shared);
    for line in [&client, &server] {
        drop(line.shutdown(Shutdown::Both));
    }
    ended
}

/// Hands packets of the client on, one by one.
fn forward(client: &mut TcpStream, server: &mut TcpStream, shared: &Shared) -> io::Result<()> {
    loop {
        let mut head = [0; 4];
        client.read_exact(&mut head)?;
        let length = u32::from_le_bytes([head[0], head[1], head[2], 0]) as usize;
        let mut packet = vec![0; length];
        client.read_exact(&mut packet)?;
        let is_statement = head[3] == 0 && packet.first() == Some(&COM_QUERY);
        if is_statement {
            let statement = String::from_utf8_lossy(&packet[1..]).into_owned();
            match shared.meet(statement) {
                Verdict::Forward => {}
                Verdict::Instead(other) => {
                    server.write_all(&packet_of(&other))?;
                    continue;
                }
                Verdict::Cut => return Ok(()),
                Verdict::Refuse(code) => {
                    client.write_all(&refusal(code))?;
                    continue;
                }
            }
        }
        server.write_all(&head)?;
        server.write_all(&packet)?;
    }
}

/// A statement as a client sends it.
fn packet_of(statement: &str) -> Vec<u8> {
    let length = u32::try_from(statement.len() + 1).unwrap_or(u32::MAX).to_le_bytes();
    let mut packet = vec![length[0], length[1], length[2], 0, COM_QUERY];
    packet.extend(statement.as_bytes());
    packet
}

/// An error as the server sends it.
fn refusal(code: u16) -> Vec<u8> {
    let mut packet = vec![0xff];
    packet.extend(code.to_le_bytes());
    packet.extend(b"#HY000refused by the simulator");
    let length = u8::try_from(packet.len()).unwrap_or(u8::MAX);
    let mut whole = vec![length, 0, 0, 1];
    whole.extend(packet);
    whole
}

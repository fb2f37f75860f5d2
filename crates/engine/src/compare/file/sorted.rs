//! The calls of a file in the order of their times: a piece in memory at a time, the others sorted
//! on disk, so that memory does not grow with the file.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::time::Duration;

use domain::{Direction, Phone, ProviderCallId, Timestamp, Told};

/// Calls sorted in memory before they go to disk.
const PIECE: usize = 100_000;

/// Takes calls in any order.
pub(super) struct Sorter {
    piece: Vec<Entry>,
    runs: Vec<File>,
    /// The first and the last time of calls with a zone, and of calls without.
    edges: [Option<(Timestamp, Timestamp)>; 2],
}

/// A call of a file; its time is by the file's clock while `is_local`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub told: Told,
    pub is_local: bool,
}

impl Sorter {
    pub(super) fn new() -> Self {
        Self { piece: Vec::new(), runs: Vec::new(), edges: [None; 2] }
    }

    /// The first and the last time of each kind, and whether it is by the file's own clock.
    pub(super) fn edges(&self) -> impl Iterator<Item = (Timestamp, bool)> {
        let [zoned, local] = self.edges.map(|edges| edges.map(|(first, last)| [first, last]));
        let zoned = zoned.into_iter().flatten().map(|time| (time, false));
        zoned.chain(local.into_iter().flatten().map(|time| (time, true)))
    }

    pub(super) fn push(&mut self, entry: Entry) -> std::io::Result<()> {
        let (at, edges) = (entry.told.at, &mut self.edges[usize::from(entry.is_local)]);
        *edges = Some(edges.map_or((at, at), |(first, last)| (first.min(at), last.max(at))));
        self.piece.push(entry);
        if self.piece.len() >= PIECE { self.spill() } else { Ok(()) }
    }

    fn spill(&mut self) -> std::io::Result<()> {
        sort(&mut self.piece);
        let mut file = tempfile::tempfile()?;
        let mut out = BufWriter::with_capacity(1 << 16, &mut file);
        let mut bytes = Vec::new();
        for entry in self.piece.drain(..) {
            bytes.clear();
            write(&entry, &mut bytes);
            out.write_all(&(bytes.len() as u64).to_le_bytes())?;
            out.write_all(&bytes)?;
        }
        out.flush()?;
        drop(out);
        file.seek(SeekFrom::Start(0))?;
        self.runs.push(file);
        Ok(())
    }

    /// All of them, oldest first.
    pub(super) fn sorted(mut self) -> std::io::Result<Sorted> {
        sort(&mut self.piece);
        let mut runs: Vec<Run> = self.runs.into_iter().map(Run::on_disk).collect();
        runs.push(Run::InMemory(self.piece.into_iter()));
        let mut heads = BinaryHeap::new();
        for (nth, run) in runs.iter_mut().enumerate() {
            heads.extend(run.next()?.map(|entry| Reverse(Head { entry, nth })));
        }
        Ok(Sorted { runs, heads })
    }
}

fn sort(piece: &mut [Entry]) {
    piece.sort_unstable_by(|a, b| (a.told.at, &a.told.id).cmp(&(b.told.at, &b.told.id)));
}

/// One sorted piece.
enum Run {
    InMemory(std::vec::IntoIter<Entry>),
    OnDisk(BufReader<File>),
}

impl Run {
    fn on_disk(file: File) -> Self {
        Self::OnDisk(BufReader::with_capacity(1 << 16, file))
    }

    fn next(&mut self) -> std::io::Result<Option<Entry>> {
        let input = match self {
            Self::InMemory(entries) => return Ok(entries.next()),
            Self::OnDisk(input) => input,
        };
        let mut length = [0; 8];
        match input.read_exact(&mut length) {
            Err(end) if end.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(None),
            read => read?,
        }
        let length = usize::try_from(u64::from_le_bytes(length)).map_err(std::io::Error::other)?;
        let mut bytes = vec![0; length];
        input.read_exact(&mut bytes)?;
        read(&bytes).map(Some).ok_or_else(|| std::io::Error::other("a temporary file is damaged"))
    }
}

/// Calls, oldest first.
pub(super) struct Sorted {
    runs: Vec<Run>,
    heads: BinaryHeap<Reverse<Head>>,
}

impl Sorted {
    /// The time of the next one, by whatever clock it has.
    pub(super) fn peek(&self) -> Option<&Entry> {
        self.heads.peek().map(|head| &head.0.entry)
    }

    /// The next one.
    pub(super) fn next(&mut self) -> std::io::Result<Option<Entry>> {
        let Some(Reverse(Head { entry, nth })) = self.heads.pop() else { return Ok(None) };
        let next = self.runs[nth].next()?;
        self.heads.extend(next.map(|entry| Reverse(Head { entry, nth })));
        Ok(Some(entry))
    }
}

struct Head {
    entry: Entry,
    nth: usize,
}

impl Head {
    fn key(&self) -> (Timestamp, &ProviderCallId, usize) {
        (self.entry.told.at, &self.entry.told.id, self.nth)
    }
}

impl PartialEq for Head {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Head {}

impl PartialOrd for Head {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Head {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

/// Texts are led by their length plus one; nothing is 0.
fn write(entry: &Entry, bytes: &mut Vec<u8>) {
    let Told { id, at, status, duration, direction, from, to, agent } = &entry.told;
    bytes.push(u8::from(entry.is_local));
    bytes.push(match direction {
        None => 0,
        Some(Direction::Inbound) => 1,
        Some(Direction::Outbound) => 2,
    });
    bytes.extend(at.as_millis().to_le_bytes());
    let millis = duration.map_or(u64::MAX, |it| u64::try_from(it.as_millis()).unwrap_or(u64::MAX));
    bytes.extend(millis.to_le_bytes());
    let number = |phone: &Option<Phone>| phone.as_ref().map(|it| it.raw.clone());
    let e164 = |phone: &Option<Phone>| phone.as_ref().and_then(|it| it.e164.clone());
    let texts = [
        Some(id.0.clone()),
        Some(status.as_str().to_owned()),
        number(from),
        e164(from),
        number(to),
        e164(to),
        agent.clone(),
    ];
    for text in texts {
        bytes.extend(text.as_ref().map_or(0, |text| text.len() as u64 + 1).to_le_bytes());
        bytes.extend(text.unwrap_or_default().as_bytes());
    }
}

fn read(mut bytes: &[u8]) -> Option<Entry> {
    let [local, direction] = take(&mut bytes, 2)? else { return None };
    let direction = match direction {
        1 => Some(Direction::Inbound),
        2 => Some(Direction::Outbound),
        _ => None,
    };
    let at = i64::from_le_bytes(take(&mut bytes, 8)?.try_into().ok()?);
    let millis = u64::from_le_bytes(take(&mut bytes, 8)?.try_into().ok()?);
    let mut text = || -> Option<Option<String>> {
        let length = u64::from_le_bytes(take(&mut bytes, 8)?.try_into().ok()?);
        let Some(length) = length.checked_sub(1) else { return Some(None) };
        let text = take(&mut bytes, usize::try_from(length).ok()?)?;
        Some(Some(String::from_utf8(text.to_vec()).ok()?))
    };
    let id = ProviderCallId(text()??);
    let status = text()??.parse().ok()?;
    let mut phone = || -> Option<Option<Phone>> {
        let (raw, e164) = (text()?, text()?);
        Some(raw.map(|raw| Phone { raw, e164 }))
    };
    let (from, to) = (phone()?, phone()?);
    let agent = text()?;
    let duration = (millis != u64::MAX).then(|| Duration::from_millis(millis));
    let at = Timestamp::from_millis(at);
    let told = Told { id, at, status, duration, direction, from, to, agent };
    Some(Entry { told, is_local: *local != 0 })
}

fn take<'a>(bytes: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(count)?;
    *bytes = rest;
    Some(taken)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on may stop")]
mod tests {
    use super::*;
    use domain::Country;

    fn entry(n: usize) -> Entry {
        // Some order that is none.
        let mixed = (n * 7919) % 250_007;
        let phone = |of: usize| {
            (!mixed.is_multiple_of(of))
                .then(|| Phone::new(&format!("201555{:04}", mixed % 10_000), Country::US))
        };
        let told = Told {
            id: ProviderCallId(format!("call {mixed}")),
            at: Timestamp::from_millis(i64::try_from(mixed % 1000).unwrap()),
            status: domain::CallStatus::ALL[mixed % domain::CallStatus::ALL.len()],
            duration: (!mixed.is_multiple_of(3)).then(|| Duration::from_millis(mixed as u64)),
            direction: (mixed.is_multiple_of(11)).then_some(Direction::ALL[mixed % 2]),
            from: phone(2),
            to: phone(5),
            agent: (!mixed.is_multiple_of(7)).then(|| format!("ägent {mixed}")),
        };
        Entry { told, is_local: mixed.is_multiple_of(2) }
    }

    #[test]
    fn calls_come_back_whole_and_in_order_from_memory_and_disk() {
        const COUNT: usize = 2 * PIECE + 17;
        let mut sorter = Sorter::new();
        for n in 0..COUNT {
            sorter.push(entry(n)).unwrap();
        }
        assert_eq!(sorter.runs.len(), 2);
        let mut expected: Vec<Entry> = (0..COUNT).map(entry).collect();
        sort(&mut expected);
        let mut calls = sorter.sorted().unwrap();
        for wanted in expected {
            assert_eq!(calls.peek(), Some(&wanted));
            assert_eq!(calls.next().unwrap(), Some(wanted));
        }
        assert_eq!(calls.next().unwrap(), None);
    }
}

//! A ZIP archive of a few files, each as it is: evidence is looked at, not saved space with.

use std::io::{self, Write};

/// What of a file stands in the directory at the end.
struct Entry {
    name: String,
    crc: u32,
    length: u32,
    at: u32,
}

/// An archive on its way into a file.
pub struct Archive<W: Write> {
    out: W,
    written: u64,
    entries: Vec<Entry>,
}

/// 1980-01-01, the first day there is; an archive of the same evidence has the same bytes.
const DATE: u16 = (1 << 5) | 1;

/// Names are UTF-8.
const FLAGS: u16 = 1 << 11;

impl<W: Write> Archive<W> {
    /// An empty one.
    pub fn new(out: W) -> Self {
        Self { out, written: 0, entries: Vec::new() }
    }

    /// One more file.
    pub fn add(&mut self, name: &str, content: &[u8]) -> io::Result<()> {
        let entry = Entry {
            name: name.to_owned(),
            crc: crc(content),
            length: fits(content.len() as u64)?,
            at: fits(self.written)?,
        };
        let mut header = b"PK\x03\x04".to_vec();
        header.extend(20_u16.to_le_bytes());
        entry.common(&mut header)?;
        header.extend(entry.name.as_bytes());
        self.put(&header)?;
        self.put(content)?;
        self.entries.push(entry);
        Ok(())
    }

    /// Writes the directory.
    pub fn finish(mut self) -> io::Result<W> {
        let at = fits(self.written)?;
        let mut directory = Vec::new();
        for entry in &self.entries {
            directory.extend(b"PK\x01\x02");
            // Made as on Unix, so that names are what they are.
            directory.extend([20, 3, 20, 0]);
            entry.common(&mut directory)?;
            // No comment, first disk, no attributes but that it is an ordinary file.
            directory.extend([0; 6]);
            directory.extend((0o100_644_u32 << 16).to_le_bytes());
            directory.extend(entry.at.to_le_bytes());
            directory.extend(entry.name.as_bytes());
        }
        let count = u16::try_from(self.entries.len()).map_err(io::Error::other)?;
        let length = fits(directory.len() as u64)?;
        directory.extend(b"PK\x05\x06\0\0\0\0");
        directory.extend(count.to_le_bytes());
        directory.extend(count.to_le_bytes());
        directory.extend(length.to_le_bytes());
        directory.extend(at.to_le_bytes());
        directory.extend([0; 2]);
        self.put(&directory)?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.written += bytes.len() as u64;
        self.out.write_all(bytes)
    }
}

impl Entry {
    /// What both headers of a file say.
    fn common(&self, header: &mut Vec<u8>) -> io::Result<()> {
        let name = u16::try_from(self.name.len()).map_err(io::Error::other)?;
        // Stored, at midnight.
        for number in [FLAGS, 0, 0, DATE] {
            header.extend(number.to_le_bytes());
        }
        for number in [self.crc, self.length, self.length] {
            header.extend(number.to_le_bytes());
        }
        header.extend(name.to_le_bytes());
        header.extend([0; 2]);
        Ok(())
    }
}

fn fits(number: u64) -> io::Result<u32> {
    u32::try_from(number)
        .map_err(|_too_large| io::Error::other("an archive holds four gigabytes at most"))
}

/// The check sum of ZIP.
fn crc(content: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 }
        })
    };
    !content.iter().fold(u32::MAX, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_sum_is_that_of_zip() {
        assert_eq!(crc(b"123456789"), 0xCBF4_3926);
        assert_eq!(crc(b""), 0);
    }

    #[test]
    fn an_archive_ends_with_a_directory_of_its_files() {
        let mut archive = Archive::new(Vec::new());
        archive.add("a.txt", b"first").expect("a Vec takes all");
        archive.add("b/ö.json", b"{}").expect("a Vec takes all");
        let bytes = archive.finish().expect("a Vec takes all");
        let end = &bytes[bytes.len() - 22..];
        assert_eq!((&end[..4], &end[8..12]), (&b"PK\x05\x06"[..], &[2, 0, 2, 0][..]));
        let at = u32::from_le_bytes(end[16..20].try_into().expect("four bytes")) as usize;
        assert_eq!(&bytes[at..at + 4], b"PK\x01\x02");
        // The first file's content follows its header and name.
        assert_eq!(&bytes[30 + 5..30 + 10], b"first");
    }

    #[test]
    fn other_programs_read_what_was_put_in() {
        let mut archive = Archive::new(Vec::new());
        archive.add("a.txt", b"first").expect("a Vec takes all");
        archive.add("b/ö.json", b"{}").expect("a Vec takes all");
        let bytes = archive.finish().expect("a Vec takes all");
        let mut read = zip::ZipArchive::new(io::Cursor::new(bytes)).expect("it is an archive");
        assert_eq!(read.len(), 2);
        for (name, wanted) in [("a.txt", "first"), ("b/ö.json", "{}")] {
            let mut file = read.by_name(name).expect("it is in there");
            let mut text = String::new();
            io::Read::read_to_string(&mut file, &mut text).expect("its check sum is right");
            assert_eq!(text, wanted);
        }
    }
}

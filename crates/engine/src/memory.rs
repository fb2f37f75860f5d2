//! How much memory this process has used.

use std::fs;

/// The most this process had in memory at once, in bytes, since it began. Only Linux tells.
pub(crate) fn peak() -> Option<u64> {
    read(&fs::read_to_string("/proc/self/status").ok()?)
}

fn read(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_read_from_what_the_kernel_writes() {
        assert_eq!(read("VmPeak:\t  9 kB\nVmHWM:\t  2048 kB\nVmRSS:\t 7 kB\n"), Some(2_097_152));
        assert_eq!(read("VmHWM:\t much\n"), None);
        assert_eq!(read(""), None);
    }
}

//! The windows a run read, from its pages.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::Timestamp;
use store::PageRow;

use crate::figures::{Count, span};
use crate::zone::{When, Zone};

/// One window.
pub struct WindowLine {
    /// Its first instant.
    pub from: When,
    /// The first instant after it.
    pub to: When,
    /// Pages read for it.
    pub pages: Count,
    /// Records on them.
    pub listed: Count,
    /// The total the provider gave last.
    pub total: String,
    /// How long its pages took, one after another.
    pub took: String,
}

/// A run's windows, newest first.
pub fn of(pages: Vec<PageRow>, zone: &Zone) -> Vec<WindowLine> {
    let mut windows: BTreeMap<(i64, i64), Vec<PageRow>> = BTreeMap::new();
    for page in pages {
        windows.entry((page.window_from, page.window_to)).or_default().push(page);
    }
    windows.into_iter().rev().map(|window| line(window, zone)).collect()
}

fn line(((from, to), pages): ((i64, i64), Vec<PageRow>), zone: &Zone) -> WindowLine {
    let took: i64 = pages.iter().map(|page| page.duration_ms).sum();
    let total = pages.iter().rev().find_map(|page| page.provider_total);
    WindowLine {
        from: zone.minute(Timestamp::from_millis(from)),
        to: zone.minute(Timestamp::from_millis(to)),
        pages: Count(pages.len() as u64),
        listed: Count::of(pages.iter().map(|page| page.listed).sum()),
        total: total.map_or_else(|| "–".to_owned(), |total| Count::of(total).to_string()),
        took: span(Duration::from_millis(u64::try_from(took).unwrap_or(0))),
    }
}

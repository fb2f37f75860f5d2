//! The picture of where every record went: one stream that parts and loses nothing.

use crate::facts::Counts;
use crate::figures::{Count, share};

/// The picture. Its numbers are pixels, except across a band, which stretches with the page.
pub struct Flow {
    /// How high it is.
    pub height: f64,
    /// Where the trunk begins.
    pub trunk_top: f64,
    /// How thick the trunk is.
    pub trunk: f64,
    /// Where it parts to.
    pub branches: Vec<Branch>,
    /// Stored calls.
    pub stored: Count,
    /// Records nobody could read.
    pub set_aside: Count,
    /// Everything the provider gave us.
    pub accounted: Count,
}

/// One end of the stream.
pub struct Branch {
    /// Its name, in the page and in the style sheet.
    pub name: &'static str,
    /// Its name on screen.
    pub title: &'static str,
    /// How many.
    pub count: Count,
    /// How much of everything.
    pub share: String,
    /// Where its list is.
    pub href: Option<&'static str>,
    /// The band from trunk to end; none when nothing flows.
    pub band: Option<String>,
    /// Where its end begins.
    pub top: f64,
    /// How thick it is.
    pub thick: f64,
    /// Where its label stands.
    pub label: f64,
}

const TRUNK: f64 = 76.0;
const SLOT: f64 = 39.0;
const THICK_MIN: f64 = 2.0;

impl Flow {
    /// Draws where the records went.
    pub fn of(counts: &Counts) -> Self {
        let all = counts.accounted();
        let ends = [
            ("placed", "placed", counts.placed, Some("/calls?placement=placed")),
            ("waiting", "waiting", counts.waiting, Some("/calls?placement=waiting")),
            ("excluded", "excluded", counts.excluded, Some("/calls?placement=excluded")),
            ("set-aside", "set aside", counts.set_aside, None),
        ];
        let thick = |count| thickness(count, all);
        let trunk: f64 = ends.iter().map(|end| thick(end.2)).sum();
        let height: f64 = ends.iter().map(|end| slot(thick(end.2))).sum();
        let trunk_top = (height - trunk) / 2.0;
        let (mut from, mut slot_top) = (trunk_top, 0.0);
        let branch = |(name, title, count, href): (_, _, _, Option<&'static str>)| {
            let thick = thickness(count, all);
            let middle = slot_top + slot(thick) / 2.0;
            let top = middle - thick / 2.0;
            let band = (count > 0).then(|| band(from, top, thick));
            from += thick;
            slot_top += slot(thick);
            Branch {
                name,
                title,
                count: Count(count),
                share: share(count, all),
                href: href.filter(|_| count > 0),
                band,
                top,
                thick,
                label: middle,
            }
        };
        let branches = ends.into_iter().map(branch).collect();
        let (stored, set_aside, accounted) =
            (Count(counts.stored), Count(counts.set_aside), Count(all));
        Self { height, trunk_top, trunk, branches, stored, set_aside, accounted }
    }
}

/// Small branches stay visible; an empty one is not drawn.
fn thickness(count: u64, all: u64) -> f64 {
    if count == 0 { 0.0 } else { (TRUNK * count as f64 / all as f64).max(THICK_MIN) }
}

fn slot(thick: f64) -> f64 {
    (thick + 8.0).max(SLOT)
}

fn band(from: f64, to: f64, thick: f64) -> String {
    let (from_end, to_end) = (from + thick, to + thick);
    format!(
        "M0 {from:.1}C50 {from:.1} 50 {to:.1} 100 {to:.1}V{to_end:.1}\
         C50 {to_end:.1} 50 {from_end:.1} 0 {from_end:.1}Z"
    )
}

#[cfg(test)]
mod tests {
    use super::Flow;
    use crate::facts::Counts;

    #[test]
    fn the_branches_fill_the_trunk_and_keep_inside() {
        let flow = Flow::of(&Counts {
            stored: 100_000,
            placed: 99_000,
            waiting: 999,
            excluded: 1,
            set_aside: 0,
        });
        let sum: f64 = flow.branches.iter().map(|branch| branch.thick).sum();
        assert!((sum - flow.trunk).abs() < 1e-9);
        assert!(flow.branches.iter().all(|b| b.top >= 0.0 && b.top + b.thick <= flow.height));
        let drawn: Vec<bool> = flow.branches.iter().map(|branch| branch.band.is_some()).collect();
        assert_eq!(drawn, [true, true, true, false]);
    }
}

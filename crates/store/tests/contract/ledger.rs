//! The ledger in the database equals the ledger in memory.

use domain::{Coverage, Covered, Level, Mark, RunId, Window};
use testkit::on_both_databases;

use crate::samples::{at, source};

/// A deterministic series of marks over few hours, so that they cut and touch each other.
fn marks(seed: u64) -> impl Iterator<Item = Covered> {
    let mut state = seed;
    let mut below = move |n: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        i64::try_from((state >> 33) % n).unwrap()
    };
    std::iter::repeat_with(move || {
        let from = below(30);
        let to = from + 1 + below(9);
        let levels = [Level::Unproven, Level::Listed, Level::Settled, Level::Compared];
        let marks = [None, Some(Mark::Empty), Some(Mark::PossiblyTruncated("1 \0 2".to_owned()))];
        Covered {
            mark: marks[usize::try_from(below(3)).unwrap()].clone(),
            listed: (below(2) == 0).then_some(7),
            provider_total: (below(2) == 0).then_some(9),
            ..Covered::new(
                Window::new(at(from), at(to)).unwrap(),
                levels[usize::try_from(below(4)).unwrap()],
                RunId(below(3)),
                at(below(3)),
            )
        }
    })
}

fn cleaned(ledger: &Coverage) -> Vec<Covered> {
    let clean = |row: &Covered| {
        let mut row = row.clone();
        if let Some(Mark::PossiblyTruncated(detail)) = &mut row.mark {
            *detail = detail.replace('\0', "\u{FFFD}");
        }
        row
    };
    ledger.rows().iter().map(clean).collect()
}

on_both_databases! {
    async fn any_series_of_marks_leaves_what_it_leaves_in_memory(db) {
        for seed in 1..4 {
            let source = source(&db.store, &format!("s{seed}")).await;
            assert_eq!(db.store.coverage_load(source).await.unwrap(), Coverage::default());
            let mut memory = Coverage::default();
            for (nth, mark) in marks(seed).take(40).enumerate() {
                let mut tx = db.store.begin().await.unwrap();
                if nth % 5 == 4 {
                    tx.coverage_compared(source, mark.window, mark.checked_at).await.unwrap();
                    memory.compared(mark.window, mark.checked_at);
                } else if nth % 3 == 2 {
                    tx.coverage_reopen(source, mark.clone()).await.unwrap();
                    memory.reopen(mark);
                } else {
                    tx.coverage_mark(source, mark.clone()).await.unwrap();
                    memory.mark(mark);
                }
                tx.commit().await.unwrap();
                let stored = db.store.coverage_load(source).await.unwrap();
                assert_eq!(cleaned(&stored), cleaned(&memory), "seed {seed}");
            }
        }
    }
}

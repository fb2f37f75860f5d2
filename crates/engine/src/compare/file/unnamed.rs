//! A file whose calls have no ids, and the database: paired by numbers and time.

use domain::{Joined, Paired, Pairing, Window};
use store::{HeldCall, Scope};

use super::side::Side;
use crate::compare::CompareError;
use crate::compare::paired::{Beside, PairingFound};
use crate::compare::tally::Listed;

/// Such a file under way.
pub(super) struct Unnamed {
    pairing: Pairing<Listed, HeldCall>,
    beside: Beside,
    is_first: bool,
}

impl Unnamed {
    /// Takes the span of a side, and lets that read somewhat more: what begins shortly before the
    /// span or after it may be the other half of a call inside.
    pub(super) fn new(side: &mut Side<'_>) -> Self {
        let tolerance = side.judge.tolerances.time;
        let tolerance_seconds = tolerance.as_secs();
        let beside = Beside {
            name: side.file.name.clone(),
            span: side.span,
            gaps: (Vec::new(), Vec::new()),
            tolerance,
            is_counted: true,
            outside: 0,
            found: PairingFound { tolerance_seconds, ..PairingFound::default() },
        };
        side.span = side.span.widened(tolerance);
        side.rest = side.span;
        Self { pairing: Pairing::new(tolerance), beside, is_first: true }
    }

    /// Pairs the calls of the next window; says whether more come.
    pub(super) async fn next(&mut self, side: &mut Side<'_>) -> Result<bool, CompareError> {
        let (there, to) = side.listed()?;
        let rest = Window::new(to, side.span.to()).ok();
        let margin = self.beside.tolerance;
        let from = side.rest.from();
        let from = if self.is_first { from - margin } else { from };
        let until = if rest.is_none() { to + margin } else { to };
        self.is_first = false;
        let Ok(window) = Window::new(from, until) else { return Ok(false) };
        side.windows += 1;
        let (ctx, source) = (side.judge.ctx, side.judge.source.id);
        // Whoever's it is: a call that waits may be the other half of one that is missing.
        let here = ctx.store.calls_held(Scope::Operator, source, window);
        let here = ctx.within(here).await?;
        side.judge.came_in(&there, &here, &self.beside);
        self.pairing.push(there, here);
        let decided = joined(self.pairing.decided(until));
        side.judge.joined(decided, &mut self.beside).await?;
        Ok(rest.map(|rest| side.rest = rest).is_some())
    }

    /// Judges what is left. Where somebody stopped it, nobody has looked for that.
    pub(super) async fn finish(
        mut self,
        side: &mut Side<'_>,
        was_stopped: bool,
    ) -> Result<PairingFound, CompareError> {
        if was_stopped {
            self.beside.stop();
        }
        side.judge.joined(joined(self.pairing.finish()), &mut self.beside).await?;
        side.outside += self.beside.outside;
        Ok(self.beside.found)
    }
}

/// Pairs of which none is by a name.
fn joined(paired: Paired<Listed, HeldCall>) -> Joined<Listed, HeldCall> {
    Joined {
        by_id: Vec::new(),
        by_number: paired.pairs,
        legs_there: Vec::new(),
        legs_here: Vec::new(),
        only_there: paired.only_there,
        only_here: paired.only_here,
    }
}

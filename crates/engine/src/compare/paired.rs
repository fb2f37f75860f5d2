//! Two sides that share no key: what was joined is judged, whether the other side is a source or a
//! file.

use std::collections::HashMap;
use std::time::Duration;

use domain::{
    ById, Compared, Difference, Extra, Joined, Leg, Pair, Timestamp, Told, Window,
    differing_across, explain_extra, explain_leg, is_pairable,
};
use serde::Serialize;
use store::{HeldCall, StoreError};

use super::judge::{Found, Judge};
use super::tally::Listed;

/// How calls of two sides were found to be one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PairingFound {
    /// How far apart two may begin and still be one, in seconds.
    pub tolerance_seconds: u64,
    /// Pairs of which one side names the other.
    pub by_id: u64,
    /// Pairs by numbers, direction and time.
    pub by_number: u64,
    /// Of these, pairs of calls that others are as like; which is which nobody can tell.
    pub ambiguous: u64,
    /// Further legs, on either side, of a conversation that the other has as fewer calls.
    pub legs: u64,
    /// Calls of the other side that lie where our source has not proved its list.
    pub could_not_look: u64,
}

/// What one comparison of two such sides needs to know.
pub(super) struct Beside {
    /// How the other side is called.
    pub name: String,
    /// What is compared; a call beyond it counts where it is paired with one inside.
    pub span: Window,
    /// Where the other side has not proved its list, and where ours has not, oldest first.
    pub gaps: (Vec<Window>, Vec<Window>),
    /// How far apart two may begin and still be one.
    pub tolerance: Duration,
    /// Whether the other side's calls were counted before they came in, as those of a file are.
    pub is_counted: bool,
    /// Of such calls, those beyond the span that are the other half of none inside.
    pub outside: u64,
    /// What came of it.
    pub found: PairingFound,
}

impl Beside {
    /// From here on nobody can look: somebody stopped it.
    pub(super) fn stop(&mut self) {
        let always: Vec<Window> = Window::new(Timestamp::MIN, Timestamp::MAX).into_iter().collect();
        self.gaps = (always.clone(), always);
    }

    fn is_inside(&self, at: Timestamp) -> bool {
        self.span.contains(at)
    }
}

/// Whether a call of this instant may have its other half in one of these gaps.
fn lies_in(gaps: &[Window], at: Timestamp, tolerance: Duration) -> bool {
    let next = gaps.partition_point(|gap| gap.to() <= at - tolerance);
    gaps.get(next).is_some_and(|gap| gap.from() <= at + tolerance)
}

/// In what the two differ. Of a call whose numbers and words were erased, only that it is there can
/// be compared.
fn differs(there: &Listed, here: &HeldCall, judge: &Judge<'_>) -> Vec<domain::Field> {
    if there.is_erased || here.is_erased {
        return Vec::new();
    }
    differing_across(&there.told, &here.told, judge.tolerances)
}

impl Judge<'_> {
    /// Counts what comes in of both sides, before anything is judged.
    pub(super) fn came_in(&mut self, there: &[Listed], here: &[HeldCall], beside: &Beside) {
        for call in there.iter().filter(|call| beside.is_inside(call.told.at)) {
            self.accounts.listed += u64::from(!beside.is_counted);
            self.provider_total += u64::from(self.whose.is_compared(call.owner));
        }
        let ours = here.iter().filter(|call| beside.is_inside(call.told.at));
        self.database_total += ours.filter(|call| self.is_own(call)).count() as u64;
    }

    /// Judges what was joined, and what is alone.
    pub(super) async fn joined(
        &mut self,
        joined: Joined<Listed, HeldCall>,
        beside: &mut Beside,
    ) -> Result<(), StoreError> {
        let (mut found, mut missing) = (Found::default(), Vec::new());
        let mut elsewhere = HashMap::new();
        for (pairs, is_by_id) in [(joined.by_id, true), (joined.by_number, false)] {
            for pair in pairs {
                if let Some(pair) = self.both(pair, is_by_id, &mut found.compared, beside) {
                    let Pair { there, here, .. } = pair;
                    if let Some(place) = self.whose.elsewhere(&here) {
                        elsewhere.insert(there.told.id.clone(), place);
                    }
                    missing.push(there);
                }
            }
        }
        for leg in joined.legs_there {
            self.leg_there(leg, &mut found, beside);
        }
        for leg in joined.legs_here {
            self.leg_here(leg, &mut found.compared, beside);
        }
        for call in joined.only_there {
            missing.extend(self.only_there(call, beside));
        }
        for call in joined.only_here {
            self.only_here(call, &mut found.compared, beside);
        }
        for call in &missing {
            self.tally.agent_of(&call.told);
        }
        let mut also = HashMap::new();
        let mut told: Vec<Told> = Vec::with_capacity(missing.len());
        for Listed { told: call, also: beside, .. } in missing {
            also.insert(call.id.0.clone(), beside);
            told.push(call);
        }
        self.explain_missing(&told, elsewhere, &mut also).await?;
        found.compared.missing.extend(told);
        self.accounts.unchanged += found.compared.matching;
        self.settle(&found);
        Ok(())
    }

    fn is_own(&self, call: &HeldCall) -> bool {
        self.whose.elsewhere(call).is_none()
    }

    /// A call that both sides have. Given back where it is not here as the account's own.
    fn both(
        &mut self,
        pair: Pair<Listed, HeldCall>,
        is_by_id: bool,
        compared: &mut Compared,
        beside: &mut Beside,
    ) -> Option<Pair<Listed, HeldCall>> {
        let (theirs_is_inside, ours_is_inside) =
            (beside.is_inside(pair.there.told.at), beside.is_inside(pair.here.told.at));
        if !theirs_is_inside && !ours_is_inside {
            self.is_beyond(beside);
            return None;
        }
        let (is_asked, is_own) =
            (self.whose.is_compared(pair.there.owner), self.is_own(&pair.here));
        if !is_own && !is_asked {
            self.is_of_others(&pair.there, beside);
            return None;
        }
        // What lies beyond the span was not counted when it came in.
        self.accounts.listed += u64::from(!theirs_is_inside && !beside.is_counted);
        self.provider_total += u64::from(!theirs_is_inside || !is_asked);
        if !is_own {
            return Some(pair);
        }
        self.database_total += u64::from(!ours_is_inside);
        let found = &mut beside.found;
        if is_by_id {
            found.by_id += 1;
        } else {
            found.by_number += 1;
        }
        found.ambiguous += u64::from(pair.is_ambiguous);
        self.tally.agent_of(&pair.there.told);
        let fields = differs(&pair.there, &pair.here, self);
        if fields.is_empty() {
            compared.matching += 1;
        } else {
            let (there, here) = (pair.there.told, pair.here.told);
            compared.differing.push(Difference { there, here, fields });
        }
        None
    }

    /// A call of the other side beyond the span. One of a file was counted with its rows.
    fn is_beyond(&mut self, beside: &mut Beside) {
        if beside.is_counted {
            self.accounts.repeated += 1;
            beside.outside += 1;
        }
    }

    /// A call of the other side that is nobody's who is asked for.
    fn is_of_others(&mut self, call: &Listed, beside: &mut Beside) {
        if !beside.is_inside(call.told.at) {
            return self.is_beyond(beside);
        }
        self.accounts.repeated += 1;
        match call.owner {
            Some(_) => self.tally.of_others += 1,
            None => self.tally.of_nobody += 1,
        }
    }

    fn leg_there(&mut self, leg: Leg<Listed>, found: &mut Found, beside: &mut Beside) {
        let Leg { call, of } = leg;
        if !self.whose.is_compared(call.owner) {
            return self.is_of_others(&call, beside);
        }
        if !beside.is_inside(call.told.at) {
            return self.is_beyond(beside);
        }
        beside.found.legs += 1;
        self.tally.agent_of(&call.told);
        self.tally.missing(&call.told, explain_leg(&of), &self.whose, call.also);
        found.compared.missing.push(call.told);
    }

    fn leg_here(&mut self, leg: Leg<HeldCall>, compared: &mut Compared, beside: &mut Beside) {
        let Leg { call, of } = leg;
        if !self.is_own(&call) || !beside.is_inside(call.told.at) {
            return;
        }
        beside.found.legs += 1;
        self.extra(&call.told, explain_leg(&of));
        compared.extra.push(call.told);
    }

    /// A call that only the other side has, if it is missing.
    fn only_there(&mut self, call: Listed, beside: &mut Beside) -> Option<Listed> {
        if !self.whose.is_compared(call.owner) {
            self.is_of_others(&call, beside);
            return None;
        }
        if !beside.is_inside(call.told.at) {
            self.is_beyond(beside);
            return None;
        }
        if !is_pairable(&call.told) || lies_in(&beside.gaps.1, call.told.at, beside.tolerance) {
            self.tally.agent_of(&call.told);
            self.accounts.repeated += 1;
            self.provider_total -= 1;
            beside.found.could_not_look += 1;
            return None;
        }
        Some(call)
    }

    fn only_here(&mut self, call: HeldCall, compared: &mut Compared, beside: &Beside) {
        if !self.is_own(&call) || !beside.is_inside(call.told.at) {
            return;
        }
        if !is_pairable(&call.told) || lies_in(&beside.gaps.0, call.told.at, beside.tolerance) {
            self.database_total -= 1;
            self.tally.unseen += 1;
            return;
        }
        let by_id = ById::NotAsked(beside.name.clone());
        self.extra(&call.told, explain_extra(&Extra { by_id, doubt: None }));
        compared.extra.push(call.told);
    }
}

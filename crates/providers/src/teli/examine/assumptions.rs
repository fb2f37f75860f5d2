//! Every belief a reading rests on, as a sentence.

use crate::Probe;
use crate::teli::calibrate::Learnt;
use crate::teli::{Settings, WindowField};

use super::{Notable, Right, probe};

pub(super) fn all(settings: &Settings, learnt: &Learnt) -> Vec<Probe> {
    vec![
        statuses(settings, learnt),
        window_field(settings, learnt),
        bounds(settings),
        order(settings),
        zone(),
        proof(settings),
    ]
}

fn statuses(settings: &Settings, learnt: &Learnt) -> Probe {
    let asked = learnt.statuses(settings).join(", ");
    let sentence = if settings.assume_status_filter_exact {
        format!(
            "Assumed (`assume_status_filter_exact`): the lists of {asked} hold every call between \
             them; each window is looked at once without a status"
        )
    } else {
        format!("Read: the lists of {asked}, and the list without a status")
    };
    probe("assume_status_filter_exact", Right, sentence)
}

fn window_field(settings: &Settings, learnt: &Learnt) -> Probe {
    let name = "assume_window_field";
    match learnt.window_field() {
        Some(field) if settings.tries_window_field => {
            let sentence = format!("Found out: windows are compared with `{}`", field.as_str());
            probe(name, Right, sentence)
        }
        Some(field) => {
            let sentence = format!("Assumed: windows are compared with `{}`", field.as_str());
            probe(
                name,
                if field == WindowField::StartTimestamp { Right } else { Notable },
                sentence,
            )
        }
        None => probe(
            name,
            Notable,
            "Nothing assumed: until a call has shown what windows are compared with, every full \
             answer is cut and asked again",
        ),
    }
}

fn bounds(settings: &Settings) -> Probe {
    let sentence = format!(
        "Assumed (`overlap_seconds`): ends of a window may be inclusive or not; requests overlap by \
         {} s and calls are told apart by `call_id`",
        settings.overlap_seconds
    );
    probe("assume_bounds", Right, sentence)
}

fn order(settings: &Settings) -> Probe {
    let sentence = if settings.assume_newest_first {
        "Assumed (`assume_newest_first`): a full answer in order leaves out nothing between its \
         first and its last call; an answer out of order proves nothing"
    } else {
        "Nothing assumed about order: every full answer is cut and asked again"
    };
    probe("assume_newest_first", Right, sentence)
}

fn zone() -> Probe {
    probe("assume_utc", Right, "Assumed: times without a zone are UTC, as in Teli's own example")
}

fn proof(settings: &Settings) -> Probe {
    let sentence = if settings.verify_with_export {
        "Teli gives no total: a window counts as complete under these assumptions, when no answer \
         was full and the export lists nothing more"
    } else {
        "Teli gives no total: a window counts as complete under these assumptions, when no answer \
         was full (`verify_with_export` compares every window with the export)"
    };
    probe("proof", Notable, sentence)
}

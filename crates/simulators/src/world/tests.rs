use std::collections::HashSet;

use super::{NewCall, Text, Topic, Visibility, World, WorldSettings};

fn world(calls: usize) -> World {
    World::generate(&WorldSettings { calls, ..WorldSettings::default() })
}

#[test]
fn equal_seeds_make_equal_worlds() {
    let settings = WorldSettings::default();
    let (one, two) = (World::generate(&settings), World::generate(&settings));
    let other = World::generate(&WorldSettings { seed: 2, ..settings });
    assert_eq!(format!("{:?}", one.calls()), format!("{:?}", two.calls()));
    assert_ne!(format!("{:?}", one.calls()), format!("{:?}", other.calls()));
}

#[test]
fn a_world_holds_as_many_calls_as_asked_within_its_days() {
    let settings = WorldSettings::default();
    let world = world(3_000);
    let ids: HashSet<&str> = world.calls().iter().map(|call| call.id.as_str()).collect();
    assert_eq!(ids.len(), 3_000);
    let from = settings.end - i64::from(settings.days) * 86_400_000;
    let mut times = world.calls().iter().map(|call| call.created_at);
    assert!(times.all(|at| (from..settings.end).contains(&at)));
}

#[test]
fn a_call_id_tells_its_second() {
    for call in world(200).calls() {
        let seconds = i64::from_str_radix(&call.id[..8], 16);
        assert_eq!(seconds, Ok(call.created_at / 1000));
        assert_eq!(call.id.len(), 24);
    }
}

#[test]
fn every_number_is_reserved_for_fiction() {
    let world = world(5_000);
    let agents = world.agents().iter().filter_map(|it| it.inbound_number.as_ref());
    let numbers: Vec<&String> = world.contacts().iter().map(|it| &it.phone).chain(agents).collect();
    assert_eq!(numbers.len(), numbers.iter().collect::<HashSet<_>>().len());
    for number in numbers {
        assert_eq!((number.len(), &number[..2], &number[5..10]), (12, "+1", "55501"));
    }
}

#[test]
fn office_hours_are_busier_than_nights() {
    let world = world(5_000);
    // The default zone is four or five hours behind UTC.
    let hour = |at: i64| (at / 3_600_000) % 24;
    let count = |hours: [i64; 3]| {
        let calls = world.calls().iter();
        calls.filter(|call| hours.contains(&hour(call.created_at))).count()
    };
    assert!(count([15, 16, 17]) > 10 * count([6, 7, 8]));
}

#[test]
fn settings_decide_which_calls_are_tests_and_which_have_no_agent() {
    let world = World::generate(&WorldSettings {
        calls: 1_000,
        trial_share: 0.5,
        without_agent_share: 0.25,
        ..WorldSettings::default()
    });
    let trials = world.calls().iter().filter(|call| call.is_trial).count();
    let unsaid = world.calls().iter().filter(|call| call.agent_id.is_none()).count();
    assert!((400..600).contains(&trials), "{trials}");
    assert!((190..310).contains(&unsaid), "{unsaid}");
    let mut trial = world.calls().iter().filter(|call| call.is_trial);
    assert!(trial.all(|call| call.contact_id.is_none() && call.from_number.is_none()));
}

#[test]
fn some_calls_belong_to_a_deleted_agent() {
    let world = world(500);
    let deleted: Vec<&str> = world
        .agents()
        .iter()
        .filter(|agent| agent.is_deleted)
        .map(|agent| agent.id.as_str())
        .collect();
    assert_eq!(deleted.len(), 1);
    let mut agents = world.calls().iter().filter_map(|call| call.agent_id.as_deref());
    assert!(agents.any(|id| deleted.contains(&id)));
}

#[test]
fn transcripts_vary_and_alternate() {
    let world = world(300);
    let transcripts: HashSet<String> = world
        .calls()
        .iter()
        .filter(|call| !matches!(&call.transcript, Text::Spoken(it) if it.topic == Topic::HangUp))
        .map(|call| call.transcript.to_string())
        .collect();
    assert!(transcripts.len() > 250);
    for text in &transcripts {
        for (nth, line) in text.lines().enumerate() {
            assert!(line.starts_with(["bot: ", "human: "][nth % 2]), "{line}");
        }
    }
}

#[test]
fn a_world_remembers_what_it_hid() {
    let mut world = world(4);
    let now = WorldSettings::default().end + 3_600_000;
    let ids: Vec<String> = world.calls().iter().map(|call| call.id.clone()).collect();
    assert!(world.hide_until(&ids[0], now + 1));
    assert!(world.delete(&ids[1]));
    assert!(world.edit(&ids[2], |call| call.duration = 7));
    let late = world.insert(NewCall::at(now - 30_000));
    assert!(!world.delete("nothing"));

    let truth = world.truth(now);
    let seen = |id: &str| truth.iter().find(|call| call.id == id).map(|it| (it.visible, it.edits));
    assert_eq!(seen(&ids[0]), Some((Visibility::NotListedUntil(now + 1), 0)));
    assert_eq!(seen(&ids[1]), Some((Visibility::Deleted, 1)));
    assert_eq!(seen(&ids[2]), Some((Visibility::Listed, 1)));
    assert_eq!(seen(&ids[3]), Some((Visibility::Listed, 0)));
    assert_eq!(seen(&late), Some((Visibility::NotListedUntil(now + 30_000), 0)));
}

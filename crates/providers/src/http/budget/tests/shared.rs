//! One budget and many workers, each with a clock of its own, in any order of events.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::{Clock, Timestamp};
use proptest::prelude::*;

use crate::http::budget::limits::Limits;
use crate::http::budget::member::{Member, Proposal};
use crate::http::budget::shares::{ClockName, Shares};
use crate::http::budget::{
    BookError, Budget, BudgetBook, Budgets, Fingerprint, NoTurn, Rate, Sharing, Turn, Written,
};
use crate::http::headers::RateFacts;
use crate::testing::HandClock;

const REQUESTS: u32 = 12;
const INTERVAL: Duration = Duration::from_secs(10);
const SKEW: Duration = Duration::from_mins(5);

fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

fn limits(requests: u32, per_day: u64) -> Limits {
    Rate::AtMost { requests, interval: INTERVAL, per_day }.limits().unwrap()
}

/// A process on a machine.
struct Worker {
    member: Member,
    ahead: Duration,
    known: Option<(i64, Shares)>,
    under_way: Option<(i64, Proposal)>,
}

/// What happens, and to whom.
#[derive(Debug, Clone, Copy)]
enum Event {
    /// Somebody wants to send.
    Wants,
    /// What was proposed reaches the database, and the answer comes back.
    Writes,
    /// The same, and whoever asked has gone meanwhile.
    WritesForNobody,
    /// The process dies and is started anew.
    Dies,
    /// The provider asks us to slow down.
    IsPaused,
}

/// Workers, their book, and the time nobody knows.
struct World {
    now: Timestamp,
    limits: Limits,
    skew: Duration,
    book: (i64, Shares),
    workers: Vec<Worker>,
    born: usize,
    sent: Vec<(Timestamp, usize)>,
    asked: usize,
}

impl World {
    fn new(ahead: &[u64], limits: Limits, skew: Duration) -> Self {
        let now = Timestamp::parse("2026-03-01T12:00:00Z").unwrap();
        let book = (0, Shares::default());
        let (workers, sent) = (Vec::new(), Vec::new());
        let mut world = Self { now, limits, skew, book, workers, born: 0, sent, asked: 0 };
        for ahead in ahead {
            let worker = world.born(millis(*ahead));
            world.workers.push(worker);
        }
        world
    }

    fn born(&mut self, ahead: Duration) -> Worker {
        self.born += 1;
        let clock = ClockName { name: String::new(), skew: self.skew };
        let member = Member::new(format!("worker {}", self.born), clock, self.limits);
        Worker { member, ahead, known: None, under_way: None }
    }

    fn happens(&mut self, event: Event, nth: usize) -> Option<Turn> {
        let now = self.now + self.workers[nth].ahead;
        match event {
            Event::Wants => {
                let turn = self.workers[nth].member.take(now);
                match turn {
                    Turn::Go => self.sent.push((self.now, nth)),
                    Turn::Ask => self.proposes(nth, 3),
                    _ => {}
                }
                return Some(turn);
            }
            Event::Writes => self.writes(nth, true),
            Event::WritesForNobody => self.writes(nth, false),
            Event::Dies => self.workers[nth] = self.born(self.workers[nth].ahead),
            Event::IsPaused => {
                self.workers[nth].member.pause_until(now + millis(7_000));
                self.proposes(nth, 0);
                self.writes(nth, true);
            }
        }
        None
    }

    fn proposes(&mut self, nth: usize, wanted: u32) {
        let worker = &mut self.workers[nth];
        if worker.under_way.is_none() {
            let known = worker.known.take();
            let (writing, shares) = known.unwrap_or_else(|| self.book.clone());
            let proposal = worker.member.propose(&shares, wanted, self.now + worker.ahead);
            worker.under_way = Some((writing, proposal));
        }
    }

    fn writes(&mut self, nth: usize, is_answered: bool) {
        let worker = &mut self.workers[nth];
        let Some((writing, proposal)) = worker.under_way.take() else { return };
        self.asked += 1;
        if proposal.is_new {
            if writing != self.book.0 {
                return self.proposes(nth, 3);
            }
            // As it comes back from a database.
            let text = serde_json::to_string(&proposal.shares).unwrap();
            self.book = (writing + 1, serde_json::from_str(&text).unwrap());
        }
        if is_answered {
            worker.known = Some((writing + i64::from(proposal.is_new), proposal.shares));
            worker.member.settle(proposal.answer);
        }
    }

    fn most_in_an_interval(&self) -> usize {
        let within = |first: usize| {
            let began = self.sent[first].0;
            self.sent[first..].iter().take_while(|(at, _)| at.since(began) < INTERVAL).count()
        };
        (0..self.sent.len()).map(within).max().unwrap_or(0)
    }

    /// Everybody sends whatever may be sent, and an answer of the database takes 5 ms.
    fn all_want_for(&mut self, length: Duration, who: &[usize]) {
        let until = self.now + length;
        while self.now < until {
            for nth in who {
                if self.workers[*nth].under_way.is_some() {
                    self.happens(Event::Writes, *nth);
                } else {
                    self.happens(Event::Wants, *nth);
                }
            }
            self.now = self.now + millis(5);
        }
    }

    fn sent_by(&self, nth: usize) -> usize {
        self.sent.iter().filter(|(_, by)| *by == nth).count()
    }
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        12 => Just(Event::Wants),
        8 => Just(Event::Writes),
        1 => Just(Event::WritesForNobody),
        1 => Just(Event::Dies),
        1 => Just(Event::IsPaused),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Whoever asks, writes, dies or goes in whatever order, by clocks up to five minutes apart.
    #[test]
    fn in_any_order_of_events_no_span_holds_more_than_the_rate(
        ahead in prop::collection::vec(0_u64..300_000, 1..6),
        events in prop::collection::vec((event(), 0_usize..6, 0_u64..900), 1..400),
    ) {
        let mut world = World::new(&ahead, limits(REQUESTS, u64::MAX), SKEW);
        for (event, nth, passes) in events {
            // Most things happen at once, some after a while.
            world.now = world.now + millis(passes.saturating_sub(600) * 10);
            world.happens(event, nth % ahead.len());
        }
        prop_assert!(world.most_in_an_interval() <= REQUESTS as usize, "{:?}", world.sent);
    }

    /// The same for a day's requests, of which each portion is a part.
    #[test]
    fn in_any_order_of_events_no_day_holds_more_than_its_requests(
        events in prop::collection::vec((event(), 0_usize..3, 0_u64..900), 1..400),
    ) {
        let mut world = World::new(&[0, 90_000, 290_000], limits(REQUESTS, 20), SKEW);
        for (event, nth, passes) in events {
            world.now = world.now + millis(passes * 4);
            world.happens(event, nth);
        }
        prop_assert!(world.sent.len() <= 20);
    }

    #[test]
    fn no_header_breaks_the_shared_rule(
        numbers in prop::array::uniform6(prop::option::of(any::<u64>())),
    ) {
        let [max, interval, remaining, day_max, day_remaining, day_reset] = numbers;
        let (interval, day_reset) = (interval.map(millis), day_reset.map(millis));
        let facts = RateFacts { max, interval, remaining, day_max, day_remaining, day_reset };
        let mut world = World::new(&[0, 0], limits(5, 10), Duration::ZERO);
        let now = world.now;
        world.workers[0].member.observe(&facts, now);
        world.all_want_for(millis(200), &[0, 1]);
        prop_assert!(world.sent.len() <= 5);
    }
}

/// How many of the requests that were allowed were sent, in percent.
fn share_of_the_budget(workers: usize, seconds: u64) -> (f64, World) {
    let ahead: Vec<u64> = (0..workers as u64).map(|nth| nth * 70_000 % 300_000).collect();
    let mut world = World::new(&ahead, limits(90, u64::MAX), SKEW);
    let everybody: Vec<usize> = (0..workers).collect();
    world.all_want_for(Duration::from_secs(seconds), &everybody);
    assert!(world.most_in_an_interval() <= 90);
    let allowed = 90 * (seconds / INTERVAL.as_secs());
    (world.sent.len() as f64 * 100.0 / allowed as f64, world)
}

#[test]
fn however_many_share_it_nine_tenths_of_a_budget_are_used() {
    for workers in [1, 2, 3, 4, 8] {
        let (percent, world) = share_of_the_budget(workers, 200);
        assert!(percent >= 90.0, "{workers} workers used {percent}%");
        let asked = world.asked as f64 / workers as f64 / 20.0;
        assert!(asked <= 16.0, "{workers} workers asked {asked} times an interval each");
    }
}

#[test]
fn everybody_who_waits_gets_a_fair_part() {
    let (_, world) = share_of_the_budget(4, 200);
    let fair = world.sent.len() / 4;
    for nth in 0..4 {
        let sent = world.sent_by(nth);
        assert!(sent >= fair * 8 / 10, "worker {nth} sent {sent} of {fair}");
    }
}

#[test]
fn one_who_comes_later_is_given_its_part_within_two_intervals() {
    let mut world = World::new(&[0, 0], limits(90, u64::MAX), SKEW);
    world.all_want_for(INTERVAL * 3, &[0]);
    world.all_want_for(INTERVAL * 2, &[0, 1]);
    let before = world.sent_by(1);
    world.all_want_for(INTERVAL * 4, &[0, 1]);
    let sent = world.sent_by(1) - before;
    assert!(before >= 30 && sent >= 130, "it sent {before}, then {sent} of 180");
}

#[test]
fn what_a_dead_worker_held_is_free_after_an_interval() {
    for (skew, ahead) in [(Duration::ZERO, 0), (SKEW, 200_000)] {
        let mut world = World::new(&[ahead, 0], limits(90, u64::MAX), skew);
        world.all_want_for(millis(500), &[0]);
        world.happens(Event::Dies, 0);
        world.all_want_for(INTERVAL + millis(3_000), &[1]);
        let before = world.sent_by(1);
        world.all_want_for(INTERVAL + millis(250), &[1]);
        assert!(before + 90 <= world.sent_by(1) + 45, "{before}, then {}", world.sent_by(1));
        assert!(world.most_in_an_interval() <= 90);
    }
}

#[test]
fn a_pause_reaches_the_others_with_their_next_portion() {
    let mut world = World::new(&[0, 200_000], limits(90, u64::MAX), SKEW);
    world.all_want_for(millis(50), &[1]);
    world.happens(Event::IsPaused, 0);
    let paused_at = world.now;
    world.all_want_for(INTERVAL, &[0, 1]);
    let early =
        |(at, _): &&(Timestamp, usize)| *at >= paused_at && at.since(paused_at) < millis(7_000);
    let sent = world.sent.iter().filter(early).count();
    assert!(sent <= 23, "{sent} requests were sent in spite of the pause: more than a portion");
    assert!(world.sent.iter().any(|(at, by)| *by == 1 && at.since(paused_at) >= millis(7_000)));
}

#[test]
fn what_strangers_send_is_counted_once_for_all_of_us() {
    let mut world = World::new(&[0, 0], limits(90, u64::MAX), SKEW);
    world.all_want_for(millis(20), &[0, 1]);
    // The provider has counted forty more than we have sent.
    let remaining = 100 - 40 - world.sent.len() as u64;
    let facts = RateFacts { max: Some(100), remaining: Some(remaining), ..RateFacts::default() };
    for worker in &mut world.workers {
        worker.member.observe(&facts, world.now);
    }
    world.all_want_for(Duration::from_secs(8), &[0, 1]);
    let sent = world.sent.len();
    // What somebody held and had not sent was taken as known to the provider: at most a portion.
    assert!(sent <= 50 + 3, "{sent} of ours and forty of others");
    assert!(sent >= 45, "{sent} of ours: the others' were taken for more than they are");
}

#[test]
fn our_own_requests_are_not_taken_for_strangers() {
    let mut world = World::new(&[0, 0], limits(90, u64::MAX), SKEW);
    for _ in 0..400 {
        world.all_want_for(millis(100), &[0, 1]);
        let lately = world.sent.iter().filter(|(at, _)| world.now.since(*at) < INTERVAL).count();
        let remaining = Some(100 - lately as u64);
        let facts = RateFacts { max: Some(100), remaining, ..RateFacts::default() };
        for worker in &mut world.workers {
            worker.member.observe(&facts, world.now + worker.ahead);
        }
    }
    let sent = world.sent.len();
    assert!(sent >= 324, "{sent} of 360 in forty seconds");
}

#[test]
fn a_spent_day_is_told_to_everybody() {
    let mut world = World::new(&[0, 0], limits(90, 1_000), Duration::ZERO);
    let facts = RateFacts {
        day_max: Some(1_000),
        day_remaining: Some(0),
        day_reset: Some(Duration::from_mins(10)),
        ..RateFacts::default()
    };
    let now = world.now;
    world.workers[0].member.observe(&facts, now);
    world.all_want_for(millis(50), &[0]);
    assert_eq!(world.sent.len(), 0);
    world.happens(Event::Wants, 1);
    world.happens(Event::Writes, 1);
    let turn = world.happens(Event::Wants, 1);
    assert!(matches!(turn, Some(Turn::DaySpent { wait }) if wait <= Duration::from_mins(10)));
    world.now = world.now + Duration::from_mins(10);
    world.all_want_for(millis(50), &[1]);
    assert!(!world.sent.is_empty());
}

#[test]
fn the_lower_of_two_limits_holds_for_both() {
    let mut world = World::new(&[0, 0], limits(90, u64::MAX), SKEW);
    let facts = RateFacts { max: Some(20), ..RateFacts::default() };
    let now = world.now;
    world.workers[0].member.observe(&facts, now);
    world.all_want_for(millis(20), &[0]);
    world.all_want_for(INTERVAL * 3, &[0, 1]);
    assert!(world.most_in_an_interval() <= 18);
    assert!(world.sent_by(1) >= 18);
}

/// A book that answers as it is told.
#[derive(Default)]
struct Book {
    written: Mutex<Option<Written>>,
    fails: Mutex<Option<BookError>>,
}

#[async_trait::async_trait]
impl BudgetBook for Book {
    async fn read(&self, _of: Fingerprint) -> Result<Option<Written>, BookError> {
        match &*self.fails.lock().unwrap() {
            Some(error) => Err(error.clone()),
            None => Ok(self.written.lock().unwrap().clone()),
        }
    }

    async fn write(
        &self,
        _of: Fingerprint,
        seen: i64,
        shares: &str,
        _now: Timestamp,
    ) -> Result<bool, BookError> {
        if let Some(error) = &*self.fails.lock().unwrap() {
            return Err(error.clone());
        }
        let mut written = self.written.lock().unwrap();
        let is_last = written.as_ref().map_or(0, |last| last.writing) == seen;
        if is_last {
            *written = Some(Written { writing: seen + 1, shares: shares.to_owned() });
        }
        Ok(is_last)
    }
}

/// Two processes on one clock and one book, each with its budget for one token.
fn two_processes(book: &Arc<Book>) -> (Arc<HandClock>, [Arc<Budget>; 2]) {
    let clock = HandClock::at("2026-03-01T12:00:00Z");
    let budget = |worker: &str| {
        let clock = ClockName { name: "one".to_owned(), skew: SKEW };
        let book = Arc::clone(book) as Arc<dyn BudgetBook>;
        let budgets = Budgets::shared(Sharing { book, worker: worker.to_owned(), clock });
        let rate = Rate::AtMost { requests: 8, interval: INTERVAL, per_day: 1_000 };
        budgets.of(&["token"], rate, 4)
    };
    (clock, [budget("a"), budget("b")])
}

#[tokio::test]
async fn two_processes_send_no_more_than_one_would() {
    let (clock, budgets) = two_processes(&Arc::default());
    let began = clock.now();
    let mut sent = Vec::new();
    for nth in 0..40 {
        drop(budgets[nth % 2].acquire(&*clock).await.unwrap());
        sent.push(clock.now());
    }
    for nine in sent.windows(9) {
        assert!(nine[8].since(nine[0]) >= INTERVAL, "{sent:?}");
    }
    // Forty are five times the eight of an interval, and the first eight go at once.
    assert!(clock.now().since(began) <= INTERVAL * 6, "{:?}", clock.now().since(began));
}

#[tokio::test]
async fn without_the_book_nothing_is_sent_and_the_wait_ends() {
    let book: Arc<Book> = Arc::default();
    let (clock, [budget, _]) = two_processes(&book);
    let began = clock.now();
    let fails = |passes| Some(BookError { why: "it is away".to_owned(), passes });
    *book.fails.lock().unwrap() = fails(true);
    let refused = budget.acquire(&*clock).await.map(drop).unwrap_err();
    assert!(matches!(refused, NoTurn::Unasked { why } if why.why == "it is away"));
    assert_eq!(clock.now().since(began), Duration::from_mins(1));
    *book.fails.lock().unwrap() = fails(false);
    assert!(budget.acquire(&*clock).await.is_err());
    assert_eq!(clock.now().since(began), Duration::from_mins(1), "nobody waits for what lasts");
    *book.fails.lock().unwrap() = None;
    assert!(budget.acquire(&*clock).await.is_ok());
}

#[tokio::test]
async fn what_makes_no_sense_in_the_book_is_begun_anew() {
    let book: Arc<Book> = Arc::default();
    let (clock, [budget, other]) = two_processes(&book);
    *book.written.lock().unwrap() = Some(Written { writing: 7, shares: "?".to_owned() });
    assert!(budget.acquire(&*clock).await.is_ok());
    assert!(other.acquire(&*clock).await.is_ok());
    assert_eq!(book.written.lock().unwrap().as_ref().map(|last| last.writing), Some(9));
}

#[tokio::test]
async fn a_pause_is_written_at_once_and_everybody_keeps_it() {
    let (clock, [budget, other]) = two_processes(&Arc::default());
    let began = clock.now();
    budget.pause_until(began + Duration::from_secs(30), &*clock).await;
    drop(other.acquire(&*clock).await.unwrap());
    assert_eq!(clock.now().since(began), Duration::from_secs(30));
}

#[test]
fn a_credential_is_not_in_what_stands_for_it() {
    let one = Fingerprint::of(&["pit-secret", "x"]);
    assert_eq!(one, Fingerprint::of(&["pit-secret", "x"]));
    assert_ne!(one, Fingerprint::of(&["pit-secretx", ""]));
    assert!(!format!("{one:?}").contains("secret"));
}

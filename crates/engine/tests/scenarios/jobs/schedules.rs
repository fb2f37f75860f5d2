//! Comparisons that are made by themselves, kept, and told to whoever is to know.

use std::sync::Arc;

use domain::{JobId, JobStatus, Timestamp};
use engine::schedules::{self, ScheduleAsked, ScheduleError};
use providers::outgoing::{Encryption, Mail, Outgoing};
use secrecy::SecretString;
use simulators::letterbox::{Mailbox, PostedTo};
use store::{JobRow, ScheduleRow, SendingRow};
use testkit::{Stage, TestDb, instant, on_both_databases};

use super::crew::{Crew, until};
use crate::keeping::small_windows;
use crate::play::*;

/// A Tuesday; the schedule comes on Mondays at six by the clock of Berlin.
const MONDAY: &str = "0 6 * * mon";

async fn weekly(stage: &Stage, send_to: &[String]) -> ScheduleRow {
    let asked = ScheduleAsked { send_to: send_to.to_vec(), ..asked(stage) };
    schedules::add(&stage.db.store, &asked, "ann", stage.ctx.now()).await.unwrap()
}

fn asked(stage: &Stage) -> ScheduleAsked {
    ScheduleAsked {
        name: "weekly".to_owned(),
        source: stage.source.row.clone(),
        account: None,
        cron: MONDAY.to_owned(),
        time_zone: "Europe/Berlin".to_owned(),
        span_days: 7,
        repairs: false,
        send_to: Vec::new(),
    }
}

/// Everything is read, and one call of the last week is gone from here.
async fn with_a_loss(db: Arc<TestDb>) -> Stage {
    let stage = Stage::set(db, small_windows(120)).await;
    read_whole(&stage).await;
    let calls = stage.calls().await;
    let lost = calls.values().max_by_key(|call| call.occurred_at).unwrap();
    let sql = format!("DELETE FROM calls WHERE provider_call_id = '{}'", lost.provider_call_id);
    stage.db.execute(&sql).await;
    stage
}

fn outgoing(mailbox: &Mailbox) -> Outgoing {
    let secret = |text: &str| SecretString::from(text.to_owned());
    let mail = Mail {
        host: "127.0.0.1".to_owned(),
        port: mailbox.port(),
        encryption: Encryption::None,
        from: "everycall@example.com".parse().unwrap(),
        login: Some(("everycall".to_owned(), secret("open sesame"))),
    };
    Outgoing { secret: Some(secret("whisper")), mail: Some(mail) }
}

/// Once every address has been told or given up.
async fn sendings(stage: &Stage, job: JobId, count: usize) -> Vec<SendingRow> {
    until(async || {
        let rows = stage.db.store.sendings_of(job).await.unwrap();
        let is_over = rows.len() == count && rows.iter().all(|row| row.status != "waiting");
        is_over.then_some(rows)
    })
    .await
}

async fn jobs(stage: &Stage) -> Vec<JobRow> {
    stage.db.store.jobs_list(None, None, 99, stage.ctx.now()).await.unwrap()
}

/// The number of the only job, once there is one.
async fn the_job(stage: &Stage) -> JobId {
    until(async || jobs(stage).await.first().map(|job| JobId(job.job_id))).await
}

on_both_databases! {
    /// A week passes: the comparison is made, kept, and told to a program and to a person, with its
    /// numbers and causes and nothing of any call.
    async fn a_weekly_comparison_is_made_kept_and_sent(db) {
        let (program, mailbox) = (PostedTo::start().await.unwrap(), Mailbox::start().await.unwrap());
        let stage = with_a_loss(db).await;
        weekly(&stage, &[program.url("/hook"), "ann@example.com".to_owned()]).await;
        let mut crew = Crew::that_tells(&stage, 1, outgoing(&mailbox)).await;
        assert_eq!(jobs(&stage).await.len(), 0, "it is Tuesday");
        stage.clock.pass(DAY * 7);
        let job = the_job(&stage).await;
        let (status, outcome) = crew.ended(job).await;
        assert_eq!(status, JobStatus::Done, "{outcome}");
        let sent = sendings(&stage, job, 2).await;
        assert!(sent.iter().all(|row| row.status == "sent" && row.attempts == 1), "{sent:?}");
        crew.goes_home().await;

        let row = jobs(&stage).await.remove(0);
        let due = instant("2026-04-06T04:00:00Z");
        assert_eq!((row.kind.as_str(), row.due_at), ("compare", Some(due.as_millis())));
        assert_eq!((row.schedule.as_deref(), row.asked_by.as_str()), (Some("weekly"), "schedule weekly"));
        let run = stage.db.store.run_get(domain::RunId(row.run_id.unwrap())).await.unwrap().unwrap();
        let kept: serde_json::Value = serde_json::from_str(&run.response.unwrap()).unwrap();
        assert_eq!(kept["summary"]["missingInDatabase"], 1, "{outcome}");

        let posted = program.posted();
        assert_eq!((posted.len(), posted[0].path.as_str()), (1, "/hook"));
        let told: serde_json::Value = serde_json::from_str(&posted[0].body).unwrap();
        assert_eq!((&told["schedule"], &told["status"]), (&"weekly".into(), &"done".into()));
        assert_eq!(told["summary"], kept["summary"]);
        assert_eq!(told["reasonBreakdown"], kept["reasonBreakdown"]);
        assert_eq!(told["dueAt"], "2026-04-06T04:00:00Z");
        assert_eq!(told["from"], "2026-03-30T04:00:00Z");
        let signed = &posted[0].headers["everycall-signature"];
        assert!(signed.starts_with("t=") && signed.contains(",v1="), "{signed}");
        let mailed = mailbox.mailed();
        assert_eq!((mailed.len(), mailed[0].to.as_slice()), (1, &["ann@example.com".to_owned()][..]));
        assert!(mailed[0].login.is_some());
        let mail = &mailed[0].content;
        assert!(mail.contains("Subject: Everycall: weekly: Compared ") && mail.contains("missing in database"), "{mail}");
        // Nobody is named: neither a call nor a number nor where more is to be found.
        let truth = stage.truth();
        for text in [&posted[0].body, mail] {
            assert!(!text.contains("+1") && !text.contains("http"), "{text}");
            assert!(truth.keys().all(|id| !text.contains(id)), "{text}");
        }
    }

    /// However many workers notice, an occurrence is one job, and each address is told once.
    async fn two_workers_make_one_comparison(db) {
        let (program, mailbox) = (PostedTo::start().await.unwrap(), Mailbox::start().await.unwrap());
        let stage = with_a_loss(db).await;
        weekly(&stage, &[program.url("/hook")]).await;
        stage.clock.pass(DAY * 7);
        let mut crews = Vec::new();
        for nth in [1, 2, 3] {
            crews.push(Crew::that_tells(&stage, nth, outgoing(&mailbox)).await);
        }
        let job = the_job(&stage).await;
        sendings(&stage, job, 1).await;
        for mut crew in crews {
            crew.ends().await;
        }
        assert_eq!(jobs(&stage).await.len(), 1);
        assert_eq!(program.posted().len(), 1);
        assert_eq!(stage.db.number("SELECT COUNT(*) FROM runs WHERE kind = 'diagnostic'").await, 1);
    }

    /// Nobody worked for a month: one comparison covers what was missed, and says so.
    async fn missed_comparisons_become_one(db) {
        let mailbox = Mailbox::start().await.unwrap();
        let stage = with_a_loss(db).await;
        weekly(&stage, &[]).await;
        stage.clock.pass(DAY * 29);
        let mut crew = Crew::that_tells(&stage, 1, outgoing(&mailbox)).await;
        let job = the_job(&stage).await;
        let (_, outcome) = crew.ended(job).await;
        crew.goes_home().await;
        assert!(outcome.ends_with("it stands for 3 earlier comparisons, too, when nobody was there to make them"), "{outcome}");
        let all = jobs(&stage).await;
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].due_at, Some(instant("2026-04-27T04:00:00Z").as_millis()));
        assert!(all[0].parameters.contains("\"from\":\"2026-03-30T04:00:00Z\""), "{}", all[0].parameters);
    }

    /// Nobody worked for five weeks, and somebody asks for a comparison before anybody does again: it
    /// covers what was missed, and none is made for that afterwards.
    async fn what_somebody_asks_for_makes_up_for_what_was_missed(db) {
        let mailbox = Mailbox::start().await.unwrap();
        let stage = with_a_loss(db).await;
        let schedule = weekly(&stage, &[]).await;
        stage.clock.pass(DAY * 36);
        let (store, now) = (&stage.db.store, stage.ctx.now());
        let asked = schedules::run(store, &schedule, "ann", now).await.unwrap();
        let mut crew = Crew::that_tells(&stage, 1, outgoing(&mailbox)).await;
        let (_, outcome) = crew.ended(asked.id()).await;
        assert!(outcome.contains("it stands for 5 earlier comparisons, too"), "{outcome}");
        stage.clock.pass(MINUTE);
        crew.goes_home().await;
        let all = jobs(&stage).await;
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].due_at, Some(now.as_millis()));
        assert!(all[0].parameters.contains("\"from\":\"2026-03-30T04:00:00Z\""), "{}", all[0].parameters);

        // Nothing was missed since, and of a schedule that rests nothing is made up for.
        let (schedule, now) = (schedules::named(store, "weekly").await.unwrap(), stage.ctx.now());
        schedules::pause(store, &schedule, true, now).await.unwrap();
        stage.clock.pass(DAY * 15);
        for pauses in [true, false] {
            let resting = schedules::named(store, "weekly").await.unwrap();
            schedules::pause(store, &resting, pauses, stage.ctx.now()).await.unwrap();
            let resting = schedules::named(store, "weekly").await.unwrap();
            schedules::run(store, &resting, "ann", stage.ctx.now()).await.unwrap();
            let newest = jobs(&stage).await.remove(0);
            assert!(!newest.parameters.contains("standsFor"), "{}", newest.parameters);
            stage.clock.pass(MINUTE);
        }
    }

    /// An address that refuses is kept as such, one that is away is tried again, and neither makes
    /// the comparison a failure.
    async fn an_address_that_refuses_fails_no_comparison(db) {
        let (program, mailbox) = (PostedTo::start().await.unwrap(), Mailbox::start().await.unwrap());
        mailbox.refuses("gone@example.com");
        let stage = with_a_loss(db).await;
        weekly(&stage, &[program.url("/hook"), "ann@example.com".to_owned(), "gone@example.com".to_owned()]).await;
        program.answers(&[503, 410]);
        stage.clock.pass(DAY * 7);
        let mut crew = Crew::that_tells(&stage, 1, outgoing(&mailbox)).await;
        let job = the_job(&stage).await;
        assert_eq!(crew.ended(job).await.0, JobStatus::Done);
        let waits = until(async || {
            let rows = stage.db.store.sendings_of(job).await.unwrap();
            let tried = rows.iter().filter(|row| row.error.is_some() || row.status == "sent").count();
            (tried == 3).then_some(rows)
        })
        .await;
        let hook = waits.iter().find(|row| row.send_to.contains("/hook")).unwrap();
        assert_eq!((hook.status.as_str(), hook.error.as_deref()), ("waiting", Some("it answered 503")));
        stage.clock.pass(MINUTE);
        let sent = sendings(&stage, job, 3).await;
        let of = |part: &str| sent.iter().find(|row| row.send_to.contains(part)).unwrap();
        assert_eq!((of("ann").status.as_str(), of("ann").attempts), ("sent", 1));
        let gone = of("gone");
        assert_eq!((gone.status.as_str(), gone.attempts), ("failed", 1));
        assert_eq!(gone.error.as_deref(), Some("the mail server answered 550"));
        let hook = of("/hook");
        assert_eq!((hook.status.as_str(), hook.attempts), ("failed", 2));
        assert_eq!(hook.error.as_deref(), Some("it answered 410"));
        assert_eq!(jobs(&stage).await[0].status, "done");
        crew.goes_home().await;
    }

    /// What is away for hours is given up in the end.
    async fn an_address_that_stays_away_is_given_up(db) {
        let (program, mailbox) = (PostedTo::start().await.unwrap(), Mailbox::start().await.unwrap());
        let stage = with_a_loss(db).await;
        weekly(&stage, &[program.url("/hook")]).await;
        program.answers(&[500; 9]);
        stage.clock.pass(DAY * 7);
        let mut crew = Crew::that_tells(&stage, 1, outgoing(&mailbox)).await;
        let job = the_job(&stage).await;
        crew.ended(job).await;
        for attempts in 1..5 {
            until(async || {
                let row = stage.db.store.sendings_of(job).await.unwrap().remove(0);
                (row.attempts == attempts && row.error.is_some() && row.next_at.is_some_and(|at| at <= (stage.ctx.now() + HOUR * 2).as_millis())).then_some(())
            })
            .await;
            stage.clock.pass(HOUR * 2);
        }
        let row = sendings(&stage, job, 1).await.remove(0);
        assert_eq!((row.status.as_str(), row.attempts), ("failed", 5));
        assert_eq!(program.posted().len(), 5);
        crew.goes_home().await;
    }

    /// A paused schedule makes nothing, and what came meanwhile is not made up for.
    async fn a_paused_schedule_makes_nothing(db) {
        let mailbox = Mailbox::start().await.unwrap();
        let stage = with_a_loss(db).await;
        let (store, schedule) = (stage.db.store.clone(), weekly(&stage, &[]).await);
        assert!(schedules::pause(&store, &schedule, true, stage.ctx.now()).await.unwrap());
        assert!(!schedules::pause(&store, &schedule, true, stage.ctx.now()).await.unwrap());
        stage.clock.pass(DAY * 15);
        let paused = schedules::named(&store, "weekly").await.unwrap();
        assert_eq!(schedules::next(&paused, stage.ctx.now()), None);
        schedules::pause(&store, &schedule, false, stage.ctx.now()).await.unwrap();
        let mut crew = Crew::that_tells(&stage, 1, outgoing(&mailbox)).await;
        // What somebody asks for is made at once all the same.
        let asked = schedules::run(&store, &schedule, "ann", stage.ctx.now()).await.unwrap();
        crew.ended(asked.id()).await;
        assert_eq!(jobs(&stage).await.len(), 1);
        stage.clock.pass(DAY * 7);
        until(async || (jobs(&stage).await.len() == 2).then_some(())).await;
        let newest = jobs(&stage).await.remove(0);
        crew.ended(JobId(newest.job_id)).await;
        assert!(!newest.parameters.contains("standsFor"), "{}", newest.parameters);
        crew.goes_home().await;
        let schedule = schedules::named(&store, "weekly").await.unwrap();
        schedules::remove(&store, &schedule).await.unwrap();
        assert!(matches!(schedules::named(&store, "weekly").await, Err(ScheduleError::NoSchedule { .. })));
        assert_eq!(jobs(&stage).await.len(), 2, "what it made stays");
    }

    /// What can never come, or nobody could be told of, is refused.
    async fn a_schedule_that_makes_no_sense_is_refused(db) {
        let stage = Stage::set(db, small_windows(20)).await;
        weekly(&stage, &[]).await;
        let other = ScheduleAsked { name: "other".to_owned(), ..asked(&stage) };
        let cases = [
            (ScheduleAsked { name: " ".to_owned(), ..other.clone() }, "needs a name"),
            (ScheduleAsked { name: "weekly".to_owned(), ..other.clone() }, "a schedule “weekly” already"),
            (ScheduleAsked { cron: "0 6 * *".to_owned(), ..other.clone() }, "4 fields instead of five"),
            (ScheduleAsked { cron: "0 25 * * *".to_owned(), ..other.clone() }, "hour `25` is wrong"),
            (ScheduleAsked { time_zone: "Mars".to_owned(), ..other.clone() }, "no time zone `Mars`"),
            (ScheduleAsked { span_days: 0, ..other.clone() }, "from 1 to 366 days"),
            (ScheduleAsked { send_to: vec!["http://example.com/x".to_owned()], ..other.clone() }, "neither an https address nor a mail address"),
            (ScheduleAsked { send_to: vec!["ann@example.com".to_owned(); 21], ..other.clone() }, "at most 20 addresses"),
        ];
        for (asked, why) in cases {
            let refused = schedules::add(&stage.db.store, &asked, "ann", stage.ctx.now()).await.unwrap_err();
            assert!(refused.to_string().contains(why), "{refused}");
        }
        let kept = stage.db.store.schedules_list().await.unwrap();
        assert_eq!(kept.len(), 1);
        let next = schedules::next(&kept[0], stage.ctx.now()).unwrap();
        assert_eq!(next, Timestamp::parse_human("2026-04-06T04:00:00Z").unwrap());
    }
}

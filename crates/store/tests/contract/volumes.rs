//! Calls counted by hour and by day.

use std::borrow::Cow;

use domain::{CallStatus, Window};
use store::{NewCall, Scope, VolumeRow};
use testkit::on_both_databases;

use crate::samples::{account, at, call, placed, source, write};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

fn of(id: &str, at: i64, campaign: Option<&str>, status: CallStatus) -> NewCall<'static> {
    let mut new = call(id, at);
    let mut told = new.call.into_owned();
    told.campaign = campaign.map(str::to_owned);
    told.status = status;
    new.call = Cow::Owned(told);
    new
}

on_both_databases! {
    async fn calls_are_counted_by_the_hour_they_began_in(db) {
        let (one, other) = (source(&db.store, "one").await, source(&db.store, "other").await);
        let mine = account(&db.store, "Maple").await;
        let calls = [
            call("a", 5 * HOUR), call("b", 6 * HOUR - 1), placed(mine, call("c", 6 * HOUR)),
            call("d", 9 * HOUR), call("e", 10 * HOUR),
        ];
        write(&db.store, one, &calls).await;
        write(&db.store, other, &[call("f", 5 * HOUR)]).await;
        let span = Window::new(at(5 * HOUR), at(10 * HOUR)).unwrap();
        let counted = db.store.volumes_by_hour(Scope::Operator, one, span).await.unwrap();
        assert_eq!(counted, [(at(5 * HOUR), 2), (at(6 * HOUR), 1), (at(9 * HOUR), 1)]);
        let counted = db.store.volumes_by_hour(Scope::Account(mine), one, span).await.unwrap();
        assert_eq!(counted, [(at(6 * HOUR), 1)]);
    }

    async fn calls_are_counted_by_day_campaign_and_status(db) {
        use CallStatus::{Busy, Completed};
        let one = source(&db.store, "one").await;
        let mine = account(&db.store, "Maple").await;
        let calls = [
            of("a", DAY, Some("spring"), Completed), of("b", DAY + HOUR, Some("spring"), Completed),
            of("c", DAY + 2, Some("spring"), Busy), placed(mine, of("d", 2 * DAY - 1, None, Completed)),
            of("e", 2 * DAY, Some("spring"), Completed), of("f", 3 * DAY, None, Completed),
        ];
        write(&db.store, one, &calls).await;
        let span = Window::new(at(DAY), at(3 * DAY)).unwrap();
        let row = |day: i64, campaign: Option<&str>, status: &str, calls: i64| VolumeRow {
            day: day * DAY, campaign: campaign.map(str::to_owned), status: status.to_owned(), calls,
        };
        let mut counted = db.store.volumes_by_day(Scope::Operator, one, span).await.unwrap();
        // Where no campaign is sorted to is each database's own affair.
        counted.sort_by(|a, b| (a.day, &a.campaign, &a.status).cmp(&(b.day, &b.campaign, &b.status)));
        assert_eq!(counted, [
            row(1, None, "completed", 1),
            row(1, Some("spring"), "busy", 1),
            row(1, Some("spring"), "completed", 2),
            row(2, Some("spring"), "completed", 1),
        ]);
        let counted = db.store.volumes_by_day(Scope::Account(mine), one, span).await.unwrap();
        assert_eq!(counted, [row(1, None, "completed", 1)]);
    }

    async fn calls_are_counted_by_hour_and_status_from_the_index_alone(db) {
        use CallStatus::{Busy, Completed};
        let one = source(&db.store, "one").await;
        let mine = account(&db.store, "Maple").await;
        let calls = [
            of("a", HOUR, Some("spring"), Completed), of("b", HOUR + 9, None, Completed),
            of("c", 2 * HOUR - 1, None, Busy), placed(mine, of("d", 2 * HOUR, None, Busy)),
            of("e", 3 * HOUR, None, Completed),
        ];
        write(&db.store, one, &calls).await;
        let span = Window::new(at(HOUR), at(3 * HOUR)).unwrap();
        let mut counted =
            db.store.volumes_by_hour_and_status(Scope::Operator, one, span).await.unwrap();
        counted.sort();
        let told = |hour, status: &str, n| (at(hour * HOUR), status.to_owned(), n);
        assert_eq!(counted, [told(1, "busy", 1), told(1, "completed", 2), told(2, "busy", 1)]);
        let mine = Scope::Account(mine);
        let counted = db.store.volumes_by_hour_and_status(mine, one, span).await.unwrap();
        assert_eq!(counted, [told(2, "busy", 1)]);
        // Of few calls, any index is as good; and a table that was just filled is not known to be all
        // visible, so PostgreSQL looks there too until it was cleaned.
        let later: Vec<_> = (0..2_000).map(|n| call(&format!("later-{n}"), DAY + n * HOUR)).collect();
        write(&db.store, one, &later).await;
        if db.store.engine() == store::Engine::Postgres {
            db.execute("VACUUM ANALYZE calls").await;
        }
        let plan = db.store.volumes_plan(one, span).await.unwrap().join("\n");
        assert!(plan.contains("calls_by_time"), "{plan}");
        assert!(plan.contains("COVERING INDEX") || plan.contains("Index Only Scan"), "{plan}");
    }

    async fn lengths_are_counted_of_the_latest_calls(db) {
        let one = source(&db.store, "one").await;
        let long = |id: &str, at: i64, millis: Option<u64>| {
            let mut new = call(id, at);
            new.call.to_mut().duration = millis.map(std::time::Duration::from_millis);
            new
        };
        let calls = [
            long("a", 1, Some(9_000)), long("b", 2, Some(61_500)), long("c", 3, Some(61_999)),
            long("d", 4, None),
        ];
        write(&db.store, one, &calls).await;
        let latest = async |count| {
            let mut all = db.store.durations_latest(Scope::Operator, one, count).await.unwrap();
            all.sort_unstable();
            all
        };
        assert_eq!(latest(10).await, [(9, 1), (61, 2)]);
        assert_eq!(latest(3).await, [(61, 2)]);
        assert_eq!(latest(0).await, []);
    }
}

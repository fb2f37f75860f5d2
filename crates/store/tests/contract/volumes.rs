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
}

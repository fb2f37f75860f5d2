//! How far back a list without a filter on time has been read.
//!
//! Twilio lists the newest calls first, which its examples show and nobody promises. So the order
//! is watched: a list found out of order is read to its end.

use std::time::Duration;

use domain::Timestamp;

use super::wire::CallPage;

/// A call counts as out of order only when it is newer than one before it by more than half of
/// this, because lists may be ordered by either of a call's times; and a list counts as past an
/// instant only when it is older by the whole of it.
pub(super) const ORDER_SLACK: Duration = Duration::from_hours(24);

/// What is known of the order of one list.
#[derive(Debug, Default)]
pub(super) struct Order {
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    oldest: Option<Timestamp>,
    is_broken: bool,
}

impl Order {
    /// Of one page.
    pub(super) fn of(page: &CallPage) -> Self {
        let mut order = Self::default();
        order.take_in(page);
        order
    }

    /// Looks at the next page.
    pub(super) fn take_in(&mut self, page: &CallPage) {
        for listed in &page.calls {
            let identity = listed.record.identity.as_ref().ok();
            let at = listed.created_at.or(identity.map(|identity| identity.occurred_at));
            // Where a call without any time belongs, nobody knows.
            let Some(at) = at else { continue };
            let oldest = *self.oldest.get_or_insert(at);
            self.first.get_or_insert(at);
            self.is_broken |= at > oldest + ORDER_SLACK / 2;
            self.oldest = Some(oldest.min(at));
            self.last = Some(at);
        }
    }

    /// Whether it is certainly not newest first.
    pub(super) fn is_other(&self) -> bool {
        self.is_broken || self.last > self.first
    }

    /// The oldest call so far; `None` while nothing shows that the newest come first.
    pub(super) fn oldest(&self) -> Option<Timestamp> {
        // Calls of one instant are in either order.
        self.oldest.filter(|_| !self.is_other() && self.oldest < self.first)
    }

    /// Whether everything further back is older than `horizon`.
    pub(super) fn is_past(&self, horizon: Timestamp) -> bool {
        self.oldest().is_some_and(|oldest| oldest + ORDER_SLACK < horizon)
    }

    /// Whether it begins with something that is no older than `at`.
    pub(super) fn begins_after(&self, at: Timestamp) -> bool {
        !self.is_broken && self.first.is_some_and(|first| first >= at)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use serde_json::json;

    use super::*;

    /// Pages of hours since 1970, and what is known after them.
    fn check(pages: &[&[i64]], oldest: Option<i64>) {
        let at = |hour: i64| Timestamp::from_millis(hour * 3_600_000);
        let mut order = Order::default();
        for page in pages {
            let call = |hour| json!({"sid": format!("CA{hour}"), "date_created": at(hour)});
            let calls: Vec<_> = page.iter().map(|hour| call(*hour)).collect();
            let page = json!({"next_page_uri": null, "calls": calls}).to_string();
            order.take_in(&CallPage::split(&Bytes::from(page)).unwrap());
        }
        assert_eq!(order.oldest(), oldest.map(at), "{pages:?}");
        if let Some(oldest) = oldest {
            assert!(order.is_past(at(oldest + 25)) && !order.is_past(at(oldest + 24)));
        }
    }

    #[test]
    fn a_list_goes_back_as_far_as_its_oldest_call() {
        check(&[], None);
        check(&[&[90, 90]], None);
        check(&[&[90, 80], &[80, 60]], Some(60));
    }

    #[test]
    fn a_little_disorder_is_none() {
        check(&[&[90, 80, 85]], Some(80));
    }

    #[test]
    fn a_list_out_of_order_says_nothing() {
        check(&[&[90, 10], &[80]], None);
        check(&[&[10, 11, 12]], None);
        check(&[&[10, 20, 30]], None);
    }
}

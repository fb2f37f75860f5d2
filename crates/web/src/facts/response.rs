//! What came back while a run went on, as far as it was recorded.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::PageRow;

use super::unsigned;

/// What came back while a run went on. What was not recorded is not there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ResponseFacts {
    /// Pages of the provider's list that are kept in detail.
    pub pages: u64,
    /// How long one took on average, in milliseconds.
    pub page_ms_mean: u64,
    /// How long the slowest took, in milliseconds.
    pub page_ms_max: u64,
    /// What was asked over HTTP.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traffic: Option<TrafficFacts>,
    /// Requests that may be under way at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub concurrency: Option<u64>,
    /// What the slowest statement took that was sent to a provider's own database.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slowest_statement_ms: Option<u64>,
    /// Contacts made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contacts_made: Option<u64>,
    /// Agents that nobody had assigned and that the source gave to its account by itself.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub auto_assigned: Vec<String>,
    /// Windows left to the next run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub windows_left: Option<u64>,
    /// Whether somebody stopped it.
    pub was_cancelled: bool,
    /// The most memory the process had used by its end, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peak_bytes: Option<u64>,
}

/// What a run asked over HTTP, and how it was answered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct TrafficFacts {
    /// Answers by their status.
    pub answers: BTreeMap<String, u64>,
    /// Requests that no whole answer came to.
    pub unanswered: u64,
    /// How many of all these were sent because the one before brought nothing.
    pub sent_again: u64,
    /// Bytes of the bodies that came, unpacked.
    pub bytes: u64,
    /// How long requests waited for their turn in the credential's budget, added up over all of them.
    pub waited_ms: u64,
}

impl TrafficFacts {
    /// How many requests were sent.
    pub fn requests(&self) -> u64 {
        self.answers.values().sum::<u64>() + self.unanswered
    }
}

impl ResponseFacts {
    /// Of the report that a run left, and of its pages.
    pub fn of(kept: Option<&str>, pages: &[PageRow]) -> Self {
        let took = || pages.iter().map(|page| unsigned(page.duration_ms));
        let count = pages.len() as u64;
        // A comparison leaves a report of its own, which has none of these.
        let kept: Self = kept.and_then(|kept| serde_json::from_str(kept).ok()).unwrap_or_default();
        Self {
            pages: count,
            page_ms_mean: took().sum::<u64>() / count.max(1),
            page_ms_max: took().max().unwrap_or(0),
            ..kept
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_run_left_is_read_and_what_it_did_not_is_not_there() {
        let kept = r#"{"status":"success","concurrency":16,"contactsMade":2,"peakBytes":1000,
            "traffic":{"answers":{"200":30,"429":1},"unanswered":1,"sentAgain":2,"bytes":5,"waitedMs":40},
            "logs":[]}"#;
        let facts = ResponseFacts::of(Some(kept), &[]);
        let traffic = facts.traffic.expect("it was recorded");
        assert_eq!((traffic.requests(), traffic.sent_again), (32, 2));
        assert_eq!((facts.concurrency, facts.windows_left), (Some(16), None));
        let none = ResponseFacts::default();
        assert_eq!(ResponseFacts::of(None, &[]), none);
        assert_eq!(ResponseFacts::of(Some(r#"{"summary":{},"proof":{}}"#), &[]), none);
    }
}

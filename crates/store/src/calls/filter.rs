//! Which calls people ask for.

use domain::{AccountId, ContactId, SourceId, Timestamp};

use crate::Scope;

/// Which calls to list.
#[derive(Debug, Clone, Default)]
pub struct CallFilter {
    /// Of this source only.
    pub source: Option<SourceId>,
    /// `placed`, `waiting` or `excluded` only.
    pub placement: Option<String>,
    /// Those only whose provider contradicts the ending it had told.
    pub is_in_conflict: bool,
    /// Of this account only.
    pub account: Option<AccountId>,
    /// Of the agent with this id at its provider only.
    pub agent: Option<String>,
    /// With this contact only.
    pub contact: Option<ContactId>,
    /// `inbound` or `outbound` only.
    pub direction: Option<String>,
    /// With this status only.
    pub status: Option<String>,
    /// From or to this number only, in E.164.
    pub number: Option<String>,
    /// Those only whose record has a transcript or a summary.
    pub has_words: bool,
    /// From this instant.
    pub from: Option<Timestamp>,
    /// Before this instant.
    pub to: Option<Timestamp>,
    /// After this call of the page before, in the order of the list.
    pub after: Option<Place>,
    /// No call behind this place of the list.
    pub down_to: Option<Place>,
}

/// The place of a call in the list: when it happened, in milliseconds since 1970, and its id.
pub type Place = (i64, String);

impl CallFilter {
    /// Whether no index finds what is asked for, so that calls are looked through one by one.
    pub fn is_sifting(&self) -> bool {
        let words = [&self.agent, &self.direction, &self.status];
        self.has_words || words.into_iter().any(Option::is_some)
    }

    /// The same, of what this scope sees; nothing where that is nothing.
    pub(super) fn seen_by(&self, scope: Scope) -> Option<Self> {
        let account = match scope.account().map(AccountId) {
            Some(own) if self.account.is_some_and(|account| account != own) => return None,
            Some(own) => Some(own),
            None => self.account,
        };
        Some(Self { account, ..self.clone() })
    }

    /// The first instant that it lets through, and the first after those, in milliseconds.
    pub(super) fn ends(&self) -> (i64, i64) {
        let from = self.from.unwrap_or(Timestamp::MIN).as_millis();
        let before = self.to.unwrap_or(Timestamp::MAX).as_millis();
        let down_to = self.down_to.as_ref().map_or(from, |(at, _)| *at);
        let after = self.after.as_ref().map_or(before, |(at, _)| at.saturating_add(1));
        (from.max(down_to), before.min(after))
    }
}

/// Writes the conditions of a filter. Only those that are asked for, so that an index serves each;
/// with `hidden`, so that none does but that of what was asked before.
macro_rules! conditions {
    ($query:ident, $filter:expr) => {
        conditions!($query, $filter, "")
    };
    ($query:ident, $filter:expr, $hidden:expr) => {{
        let (filter, hidden): (&$crate::CallFilter, &str) = ($filter, $hidden);
        // SQLite walks an index between two ends, which are therefore the places', too: by the places
        // alone it would not find them.
        let (from, to) = filter.ends();
        $query.push(format!("c.occurred_at{hidden} >= ")).push_bind(from);
        $query.push(format!(" AND c.occurred_at{hidden} < ")).push_bind(to);
        if let Some(source) = filter.source {
            $query.push(" AND c.source_id = ").push_bind(source.0);
        }
        let ids = [
            ("account_id", filter.account.map(|account| account.0)),
            ("contact_id", filter.contact.map(|contact| contact.0)),
        ];
        for (column, id) in ids {
            if let Some(id) = id {
                $query.push(format!(" AND c.{column}{hidden} = ")).push_bind(id);
            }
        }
        let words = [
            ("placement", &filter.placement),
            ("provider_agent_id", &filter.agent),
            ("direction", &filter.direction),
            ("status", &filter.status),
        ];
        for (column, word) in words {
            if let Some(word) = word {
                $query.push(format!(" AND c.{column} = ")).push_bind($crate::text::text(word));
            }
        }
        if filter.has_words {
            let words = $crate::parts::TRANSCRIPT | $crate::parts::SUMMARY;
            $query.push(format!(" AND (c.parts & {words}) <> 0"));
        }
        if filter.is_in_conflict {
            $query.push(" AND c.status_heard IS NOT NULL");
        }
        for (than, place) in [("<", &filter.after), (">=", &filter.down_to)] {
            if let Some((at, id)) = place {
                $query.push(format!(" AND (c.occurred_at{hidden}, c.provider_call_id) {than} ("));
                $query.push_bind(*at).push(", ").push_bind($crate::text::text(id)).push(")");
            }
        }
    }};
}
pub(super) use conditions;

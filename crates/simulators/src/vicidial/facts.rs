//! What a call of the world is on a contact centre's records; derived from the call's id alone, so
//! that equal worlds make equal clusters.

use crate::world::Call;

use super::zone::Zone;

/// Which table lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `vicidial_log`.
    Outbound,
    /// `vicidial_closer_log`.
    Queued,
    /// `vicidial_did_log` only.
    Menu,
}

/// Who wrote the row, which decides what its time means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// The routing script, once it was answered.
    Routing,
    /// The dialler's sweep, after the time-out.
    Sweep,
    /// The hang-up handler, with the time the call was asked for.
    HangUp,
}

/// One call.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    pub kind: Kind,
    pub by: By,
    /// Its time, in unix seconds, by the list.
    pub at: i64,
    /// When its channel was created.
    pub created: i64,
    /// The number its channel got.
    pub sequence: u64,
    pub lead: i64,
    pub phone: String,
    /// `None` as long as it goes on.
    pub length: Option<i64>,
    pub status: &'static str,
    /// The agent, or the dialler's own user.
    pub user: String,
    pub is_manual: bool,
    pub server: String,
    /// Of a queue entry.
    pub closecallid: i64,
}

const TALKED: [&str; 6] = ["SALE", "NI", "CALLBK", "DNC", "XFER", "A"];

/// Hosts of the cluster.
const SERVERS: [&str; 2] = ["203.0.113.11", "203.0.113.12"];

impl Facts {
    /// The facts of a call of the world.
    pub fn of(call: &Call, lead: i64, user: Option<String>, number: u64) -> Self {
        let hash = hash(&call.id);
        let at = call.created_at.div_euclid(1000);
        let length = i64::from(call.duration);
        let (kind, by) = match hash % 100 {
            0..25 => (Kind::Queued, By::Routing),
            25..30 => (Kind::Menu, By::Routing),
            30..45 => (Kind::Outbound, By::Sweep),
            45..52 => (Kind::Outbound, By::HangUp),
            _ => (Kind::Outbound, By::Routing),
        };
        let ring = 5 + i64::try_from(hash / 100 % 20).unwrap_or(0);
        let talked = TALKED[usize::try_from(hash / 7 % 6).unwrap_or(0)];
        let nobody = if kind == Kind::Queued { "VDCL" } else { "VDAD" };
        let is_taken = by == By::Routing && kind != Kind::Menu && user.is_some();
        let (created, length, status) = match (kind, by) {
            (Kind::Menu, _) => (at, length, ""),
            (_, By::Sweep) => (at - 25 - ring, 25 + ring, "NA"),
            (_, By::HangUp) => (at + 1, 0, if hash.is_multiple_of(2) { "AB" } else { "ADC" }),
            _ if is_taken => (at - ring, length, talked),
            (Kind::Queued, _) => (at - ring, length, "XDROP"),
            _ => (at - ring, length, "DROP"),
        };
        Self {
            kind,
            by,
            at,
            created,
            sequence: number,
            lead,
            phone: phone(call, hash),
            length: Some(length),
            status,
            user: user.filter(|_| is_taken).unwrap_or_else(|| nobody.to_owned()),
            is_manual: is_taken && kind == Kind::Outbound && hash.is_multiple_of(8),
            server: SERVERS[usize::from(hash.is_multiple_of(2))].to_owned(),
            closecallid: 0,
        }
    }

    /// Its channel's id.
    pub fn unique(&self) -> String {
        format!("{}.{}", self.created, self.sequence)
    }

    /// When the dialler asked for it.
    pub fn asked_at(&self) -> i64 {
        self.created - 1
    }

    /// Its name in the dialler: a letter, the time and the lead.
    pub fn code(&self, zone: &Zone) -> String {
        let letter = match self.kind {
            Kind::Outbound if self.is_manual => 'M',
            Kind::Outbound => 'V',
            Kind::Queued | Kind::Menu => 'Y',
        };
        format!("{letter}{}{:010}", zone.code(self.asked_at()), self.lead)
    }

    /// What its row says of its start in UTC.
    pub fn start_epoch(&self, zone: &Zone) -> i64 {
        match self.by {
            By::HangUp => zone.epoch_by_database(self.at),
            By::Routing | By::Sweep => self.at,
        }
    }

    /// The agent that took it, if one did.
    pub fn agent(&self) -> Option<String> {
        let is_nobody = ["VDAD", "VDCL", ""].contains(&self.user.as_str());
        (!is_nobody && self.kind != Kind::Menu).then(|| self.user.clone())
    }

    /// The id of the call, put together as the provider's own matching does.
    pub fn id(&self, zone: &Zone) -> String {
        match self.kind {
            Kind::Outbound => {
                format!("vl-{}-{}-{}", self.created, self.lead, self.start_epoch(zone))
            }
            Kind::Queued => format!("vcl-{}", self.closecallid),
            Kind::Menu => {
                let date: String =
                    zone.local(self.at).chars().filter(char::is_ascii_digit).collect();
                format!("did-{}-{date}-{}", self.unique(), self.server)
            }
        }
    }
}

/// Ten digits without country code.
fn phone(call: &Call, hash: u64) -> String {
    let digits: String =
        call.from_number.iter().flat_map(|it| it.chars()).filter(char::is_ascii_digit).collect();
    match digits.len() {
        11.. => digits[digits.len() - 10..].to_owned(),
        _ => format!("20155501{:02}", hash % 100),
    }
}

/// FNV-1a.
pub(super) fn hash(id: &str) -> u64 {
    id.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

//! Ids of a person that another system gave out.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Which system gave an id out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExternalKind {
    /// The code under which a lead was loaded into ViciDial: 13 digits, by custom of its users.
    VendorLeadCode,
    /// HighLevel's id of a contact of a sub-account.
    HighlevelContact,
}

/// An id of a person, as another system gave it out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ExternalId {
    /// Who gave it out.
    pub kind: ExternalKind,
    /// The id.
    pub id: String,
}

const LEAD_CODE_DIGITS: usize = 13;

impl ExternalKind {
    /// Every kind.
    pub const ALL: &[Self] = &[Self::VendorLeadCode, Self::HighlevelContact];

    /// Its name in files, database and API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::VendorLeadCode => "vendor_lead_code",
            Self::HighlevelContact => "highlevel_contact",
        }
    }
}

impl ExternalId {
    /// A lead code; `None` unless it has exactly 13 digits and nothing else. Sites put other things
    /// into that column too, and those identify nobody.
    pub fn lead_code(text: &str) -> Option<Self> {
        let text = text.trim();
        let is_code =
            text.len() == LEAD_CODE_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit());
        is_code.then(|| Self { kind: ExternalKind::VendorLeadCode, id: text.to_owned() })
    }

    /// HighLevel's id of a contact; `None` for an empty one.
    pub fn highlevel_contact(text: &str) -> Option<Self> {
        let id = text.trim();
        (!id.is_empty()).then(|| Self { kind: ExternalKind::HighlevelContact, id: id.to_owned() })
    }

    /// An id of this kind; `None` where the text cannot be one.
    pub fn new(kind: ExternalKind, text: &str) -> Option<Self> {
        match kind {
            ExternalKind::VendorLeadCode => Self::lead_code(text),
            ExternalKind::HighlevelContact => Self::highlevel_contact(text),
        }
    }
}

impl fmt::Display for ExternalKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ExternalKind {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.iter().copied().find(|kind| kind.as_str() == text);
        known.ok_or_else(|| format!("there is no kind of id `{text}`"))
    }
}

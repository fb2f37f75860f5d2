//! Phone numbers in their international form, with the original kept.

use std::fmt;

use rlibphonenumber::{NumberLengthType, PhoneNumber, PhoneNumberFormat, Region};
use serde::{Deserialize, Serialize};

/// An ISO 3166 country in two capital letters: the home of numbers written without a prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Country([u8; 2]);

impl Country {
    /// The United States, where most accounts are.
    pub const US: Self = Self(*b"US");

    /// From two letters; `None` for anything else.
    pub fn new(code: &str) -> Option<Self> {
        let bytes: [u8; 2] = code.as_bytes().try_into().ok()?;
        bytes
            .iter()
            .all(u8::is_ascii_alphabetic)
            .then(|| Self(bytes.map(|b| b.to_ascii_uppercase())))
    }

    /// The two letters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("ZZ")
    }
}

impl TryFrom<String> for Country {
    type Error = String;
    fn try_from(code: String) -> Result<Self, String> {
        Self::new(&code).ok_or_else(|| format!("`{code}` is not a country code such as US"))
    }
}

impl From<Country> for String {
    fn from(country: Country) -> Self {
        country.as_str().to_owned()
    }
}

/// A plus and the fifteen digits that ITU-T E.164 allows.
const E164_MAX: usize = 16;

/// A phone number as the provider wrote it and, where it is one, in E.164.
///
/// Its `Debug` and `Display` show the last four digits only, so that it can stand in a log.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phone {
    /// As written by the provider.
    pub raw: String,
    /// E.164, such as +12015550123, when the text is a possible number.
    pub e164: Option<String>,
}

impl Phone {
    /// Reads a number; text that is none keeps its raw form only.
    pub fn new(raw: &str, home: Country) -> Self {
        let region = home.as_str().parse::<Region>().ok();
        let parsed = PhoneNumber::parse(raw, region).ok();
        // A number without its area code is dialled at home only: many people share it.
        let possible = parsed.filter(|number| {
            matches!(number.is_possible_with_reason(), Ok(NumberLengthType::IsPossible))
        });
        let e164 = possible.map(|number| number.format_as(PhoneNumberFormat::E164).into_owned());
        // The library takes longer ones for possible in some countries.
        let e164 = e164.filter(|number| number.len() <= E164_MAX);
        Self { raw: raw.to_owned(), e164 }
    }

    /// The last four digits of the number, for people and logs: `…0123`.
    pub fn masked(&self) -> String {
        let number = self.e164.as_ref().unwrap_or(&self.raw);
        let digits: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
        let tail: String = digits[digits.len().saturating_sub(4)..].iter().collect();
        format!("…{tail}")
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

#[cfg(test)]
mod tests;

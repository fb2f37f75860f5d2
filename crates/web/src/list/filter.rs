//! What a list can be narrowed by, and the addresses that say so.

use std::fmt::Write as _;

/// Something a list can be narrowed by.
pub struct Filter {
    /// Its name in the address.
    pub name: &'static str,
    /// Its name on screen.
    pub label: &'static str,
    /// What is asked for now.
    pub value: String,
    /// What can be chosen; where that is nothing, it is written.
    pub choices: Vec<Choice>,
    /// What kind of field it is written into: `text`, `date`, `search`.
    pub kind: &'static str,
    /// Shown where nothing is written.
    pub hint: &'static str,
}

/// Something that can be chosen.
pub struct Choice {
    /// In the address.
    pub value: String,
    /// On screen.
    pub title: String,
}

impl Filter {
    /// One that is chosen from a list.
    pub fn of(
        (name, label): (&'static str, &'static str),
        value: Option<&str>,
        choices: impl IntoIterator<Item = (String, String)>,
    ) -> Self {
        let value = value.unwrap_or_default().to_owned();
        let choice = |(value, title)| Choice { value, title };
        let mut choices: Vec<Choice> = choices.into_iter().map(choice).collect();
        // What is asked for stays asked for, also where it is no choice.
        if !value.is_empty() && choices.iter().all(|choice| choice.value != value) {
            choices.push(choice((value.clone(), value.clone())));
        }
        choices.insert(0, choice((String::new(), "All".to_owned())));
        Self { name, label, value, choices, kind: "select", hint: "" }
    }

    /// One that is written.
    pub fn written(
        (name, label): (&'static str, &'static str),
        kind: &'static str,
        value: Option<&str>,
        hint: &'static str,
    ) -> Self {
        let value = value.unwrap_or_default().to_owned();
        Self { name, label, value, choices: Vec::new(), kind, hint }
    }
}

/// What a form or an address says, without what is said by nothing but spaces.
pub fn given(value: Option<&str>) -> Option<String> {
    value.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// An address with what it asks for; what is not asked for is left out.
pub fn address<'a>(
    path: &str,
    asked: impl IntoIterator<Item = (&'a str, Option<&'a str>)>,
) -> String {
    let given = asked.into_iter().filter_map(|(name, value)| Some((name, value?)));
    let given = given.filter(|(_, value)| !value.is_empty());
    let pairs: Vec<String> =
        given.map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    if pairs.is_empty() { path.to_owned() } else { format!("{path}?{}", pairs.join("&")) }
}

/// A value as a query or a path carries it.
pub fn encoded(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            // Writing into a text cannot fail.
            write!(text, "%{byte:02X}").expect("a text grows");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_carries_what_is_asked_for_letter_by_letter() {
        let asked = [("a", Some("x y&z=1")), ("b", None), ("c", Some("")), ("d", Some("é/?#"))];
        assert_eq!(address("/calls", asked), "/calls?a=x%20y%26z%3D1&d=%C3%A9%2F%3F%23");
        assert_eq!(address("/calls", [("a", None)]), "/calls");
    }

    #[test]
    fn what_is_asked_for_is_always_among_the_choices() {
        let filter = Filter::of(("source", "Source"), Some("gone"), []);
        let values: Vec<&str> = filter.choices.iter().map(|it| it.value.as_str()).collect();
        assert_eq!(values, ["", "gone"]);
    }
}

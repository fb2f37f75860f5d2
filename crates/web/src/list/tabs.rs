//! Pages about one thing, side by side under its name.

/// One of them.
pub struct Tab {
    /// What it is called.
    pub title: &'static str,
    /// Where it is.
    pub href: String,
    /// Whether it is the one that is shown.
    pub is_here: bool,
}

/// Those that are there, of which `here` is shown; a page alone has none.
pub fn tabs(all: impl IntoIterator<Item = (&'static str, String)>, here: &str) -> Vec<Tab> {
    let tab = |(title, href)| Tab { title, href, is_here: title == here };
    let tabs: Vec<Tab> = all.into_iter().map(tab).collect();
    if tabs.len() > 1 { tabs } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_alone_has_no_tabs() {
        let of = |titles: &[&'static str]| {
            let all = titles.iter().map(|title| (*title, format!("/{title}")));
            tabs(all.collect::<Vec<_>>(), "one").iter().map(|tab| tab.is_here).collect::<Vec<_>>()
        };
        assert_eq!(of(&["one"]), Vec::<bool>::new());
        assert_eq!(of(&["one", "two"]), [true, false]);
    }
}

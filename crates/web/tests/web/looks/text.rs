//! A page as text, as somebody reads it.

use crate::Answer;

/// As wide as a page at a desk.
const WIDTH: usize = 120;

/// What stands on a page between its frame, or where it leads.
pub fn read(answer: &Answer, url: &str) -> String {
    if answer.status.is_redirection() {
        return format!("leads to {}\n", answer.to());
    }
    let page = &answer.text;
    let (_, main) = page.split_once("<main").expect("a page has a main");
    let (main, _) = main.split_once("</main>").expect("its main ends");
    for harm in ["<script", "<img src=x", "<b>bold", "href=\"javascript:"] {
        assert!(!main.contains(harm), "{url} has {harm}: {main}");
    }
    let main = format!("<main{main}</main>");
    let text = html2text::config::plain()
        .raw_mode(true)
        .string_from_read(main.as_bytes(), WIDTH)
        .expect("it can be read");
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// A line without the id by which a failure is found in the log.
fn line(line: &str) -> &str {
    line.split_once("also in the log: ").map_or(line, |(words, _)| words).trim_end()
}

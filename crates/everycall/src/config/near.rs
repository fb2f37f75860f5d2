//! What somebody probably meant.

/// The known word nearest to what was typed, when it is near enough to be meant.
pub fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (typed.chars().count() / 3).max(1);
    let near = known.into_iter().map(|word| (distance(typed, word), word));
    near.filter(|(far, _)| *far <= limit).min().map(|(_, word)| word)
}

/// Letters to add, drop, change or swap; case and the kind of dash do not matter.
fn distance(one: &str, other: &str) -> usize {
    let letters =
        |text: &str| -> Vec<char> { text.to_lowercase().replace('-', "_").chars().collect() };
    let (one, other) = (letters(one), letters(other));
    let mut rows = vec![(0..=other.len()).collect::<Vec<usize>>()];
    for i in 1..=one.len() {
        let mut row = vec![i];
        for j in 1..=other.len() {
            let change = rows[i - 1][j - 1] + usize::from(one[i - 1] != other[j - 1]);
            let mut best = change.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[one.len()][other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(typed: &str, meant: Option<&str>) {
        let known = ["location_id", "page_size", "since", "token_env", "token_file"];
        assert_eq!(nearest(typed, known), meant, "{typed}");
    }

    #[test]
    fn a_slip_finds_its_word_and_nonsense_finds_none() {
        check("pagesize", Some("page_size"));
        check("page-size", Some("page_size"));
        check("sicne", Some("since"));
        check("LocationID", Some("location_id"));
        check("token_flie", Some("token_file"));
        check("colour", None);
    }
}

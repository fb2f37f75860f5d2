//! Many rows in few statements.

/// Cuts rows into pieces whose sizes are powers of two, largest first.
///
/// A statement's text depends on its number of rows, and each distinct text is prepared and
/// cached once per connection: few sizes keep that cache small and warm.
pub(crate) fn pieces<T>(rows: &[T], max: usize) -> impl Iterator<Item = &[T]> {
    let mut rest = rows;
    let mut size = max.next_power_of_two();
    std::iter::from_fn(move || {
        while size > rest.len() {
            size /= 2;
        }
        if size == 0 {
            return None;
        }
        let (piece, left) = rest.split_at(size);
        rest = left;
        Some(piece)
    })
}

/// `?,?,…`: one placeholder per item.
pub(crate) fn marks(count: usize) -> String {
    vec!["?"; count].join(",")
}

/// `$first, $first+1, …`: one numbered placeholder per item.
pub(crate) fn placeholders(first: usize, count: usize) -> String {
    (first..first + count).map(|n| format!("${n}")).collect::<Vec<_>>().join(",")
}

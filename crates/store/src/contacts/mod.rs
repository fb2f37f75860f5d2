//! Contacts: who they are, by what calls find them, and the calls that wait for one.

mod arrivals;
mod callers;
mod erase;
mod family;
mod find;
mod idle;
mod linked;
mod list;
mod write;

pub use arrivals::Arrival;
pub use callers::{CallerRow, NewCaller};
pub use find::{IdOwner, PhoneOwner};
pub use idle::ContactUse;
pub use linked::{CallOfContact, LinkedCall};
pub use list::ContactRow;
pub use write::{NewContact, NewExternalId, NewPhone};

use crate::batch::{pieces, placeholders};

/// Keys of one statement, at most.
const KEYS_MAX: usize = 512;

/// Rows of a statement with a list of keys, some keys at a time. The other values are bound before
/// them, as `$1` and so on.
macro_rules! by_keys {
    ($db:expr, $row:ty, $before:expr, [$($bind:expr),*], $keys:expr, $after:expr) => {{
        let mut rows: Vec<$row> = Vec::new();
        let bound = <[&str]>::len(&[$(stringify!($bind)),*]);
        for piece in $crate::contacts::key_pieces($keys) {
            let list = $crate::contacts::key_marks(bound, piece.len());
            let sql = format!("{}({list}){}", $before, $after);
            let mut query = sqlx::query_as::<_, $row>(sqlx::AssertSqlSafe(sql));
            $(query = query.bind($bind);)*
            for key in piece {
                query = query.bind(key.clone());
            }
            rows.extend(query.fetch_all(&mut *$db).await?);
        }
        Ok(rows)
    }};
}
pub(crate) use by_keys;

/// The same for a statement that gives no rows.
macro_rules! for_keys {
    ($db:expr, $before:expr, [$($bind:expr),*], $keys:expr) => {{
        let bound = <[&str]>::len(&[$(stringify!($bind)),*]);
        for piece in $crate::contacts::key_pieces($keys) {
            let list = $crate::contacts::key_marks(bound, piece.len());
            let mut query = sqlx::query(sqlx::AssertSqlSafe(format!("{}({list})", $before)));
            $(query = query.bind($bind);)*
            for key in piece {
                query = query.bind(key.clone());
            }
            query.execute(&mut *$db).await?;
        }
        Ok(())
    }};
}
pub(crate) use for_keys;

pub(crate) fn key_pieces<T>(keys: &[T]) -> impl Iterator<Item = &[T]> {
    pieces(keys, KEYS_MAX)
}

pub(crate) fn key_marks(bound: usize, count: usize) -> String {
    placeholders(bound + 1, count)
}

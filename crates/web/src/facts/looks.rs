//! What is read once for all who look within a moment.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::Timestamp;

/// The latest look at something, by what was looked at.
pub struct Looks<K, V>(Arc<Mutex<BTreeMap<K, Seen<V>>>>);

/// When it was looked at, and what was seen. Whoever looks holds it.
type Seen<V> = Arc<tokio::sync::Mutex<Option<(Timestamp, Arc<V>)>>>;

impl<K, V> Clone for Looks<K, V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K, V> Default for Looks<K, V> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K: Ord, V> Looks<K, V> {
    /// What was last read, or what is read now where that is a `moment` old; whoever comes meanwhile
    /// waits for it rather than reading too. The page says as of when it is.
    pub async fn look<E>(
        &self,
        key: K,
        (now, moment): (Timestamp, Duration),
        read: impl Future<Output = Result<V, E>>,
    ) -> Result<(Timestamp, Arc<V>), E> {
        let is_fresh = |at: Timestamp| now < at + moment;
        let seen = self.seen(key, is_fresh);
        let mut seen = seen.lock().await;
        if let Some((at, value)) = seen.as_ref().filter(|(at, _)| is_fresh(*at)) {
            return Ok((*at, Arc::clone(value)));
        }
        let value = Arc::new(read.await?);
        *seen = Some((now, Arc::clone(&value)));
        Ok((now, value))
    }

    /// Its place; of what nobody looks at any more, what is old is forgotten.
    fn seen(&self, key: K, is_fresh: impl Fn(Timestamp) -> bool) -> Seen<V> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|of, seen| {
            let Ok(held) = seen.try_lock() else { return true };
            *of == key
                || Arc::strong_count(seen) > 1
                || held.as_ref().is_some_and(|(at, _)| is_fresh(*at))
        });
        Arc::clone(all.entry(key).or_default())
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    const MOMENT: Duration = Duration::from_secs(5);

    fn at(seconds: i64) -> (Timestamp, Duration) {
        (Timestamp::from_millis(seconds * 1000), MOMENT)
    }

    #[tokio::test]
    async fn what_is_a_moment_old_is_read_again_and_nothing_before() {
        let (looks, read) = (Looks::default(), AtomicU32::new(0));
        let look = async |key, seconds| {
            let reading = async { Ok::<_, Infallible>(read.fetch_add(1, Ordering::Relaxed)) };
            let Ok((as_of, value)) = looks.look(key, at(seconds), reading).await;
            (as_of.as_millis() / 1000, *value)
        };
        assert_eq!(look("a", 0).await, (0, 0));
        assert_eq!(look("a", 4).await, (0, 0));
        assert_eq!(look("b", 4).await, (4, 1));
        assert_eq!(look("a", 5).await, (5, 2));
        assert_eq!(looks.0.lock().expect("nobody panicked").len(), 2);
        // Nobody looks at b any more.
        assert_eq!(look("a", 60).await, (60, 3));
        assert_eq!(looks.0.lock().expect("nobody panicked").len(), 1);
    }

    #[tokio::test]
    async fn of_many_who_look_at_once_one_reads() {
        let (looks, read) = (Looks::default(), AtomicU32::new(0));
        let look = || {
            looks.look((), at(0), async {
                tokio::task::yield_now().await;
                Ok::<_, Infallible>(read.fetch_add(1, Ordering::Relaxed))
            })
        };
        futures::future::join_all((0..20).map(|_| look())).await;
        assert_eq!(read.into_inner(), 1);
    }

    #[tokio::test]
    async fn what_could_not_be_read_is_read_by_the_next() {
        let looks = Looks::default();
        assert_eq!(looks.look((), at(0), async { Err::<u8, _>("no") }).await, Err("no"));
        let seen = looks.look((), at(1), async { Ok::<_, &str>(7) }).await.expect("it is read");
        assert_eq!(*seen.1, 7);
    }
}

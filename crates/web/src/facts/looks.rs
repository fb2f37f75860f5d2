//! What is read once for all who look within a moment.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::Timestamp;

/// How often somebody changed something by a page of this process.
#[derive(Clone, Default)]
pub struct Written(Arc<AtomicU64>);

impl Written {
    /// Somebody did: what was read before is old, so that they see what they did.
    pub fn note(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The latest look at something, by what was looked at.
pub struct Looks<K, V> {
    things: Arc<Mutex<BTreeMap<K, Shared<V>>>>,
    written: Written,
}

/// One thing that is looked at. Whoever looks holds it.
type Shared<V> = Arc<Thing<V>>;

struct Thing<V> {
    seen: Mutex<Option<Seen<V>>>,
    /// Held by whoever reads it anew.
    reading: tokio::sync::Mutex<()>,
}

/// What was seen of it.
struct Seen<V> {
    as_of: Timestamp,
    written: u64,
    value: Arc<V>,
}

impl<K, V> Clone for Looks<K, V> {
    fn clone(&self) -> Self {
        Self { things: Arc::clone(&self.things), written: self.written.clone() }
    }
}

impl<K: Ord, V> Looks<K, V> {
    /// Nothing was looked at yet. What was read before something was written is old.
    pub fn new(written: &Written) -> Self {
        Self { things: Arc::default(), written: written.clone() }
    }

    /// What was last read and as of when, or what is read now where that is a `moment` old. Whoever
    /// comes meanwhile is shown what was read before, or waits where there is nothing to be shown.
    pub async fn look<E>(
        &self,
        key: K,
        (now, moment): (Timestamp, Duration),
        read: impl Future<Output = Result<V, E>>,
    ) -> Result<(Timestamp, Arc<V>), E> {
        let written = self.written.count();
        let is_fresh = |it: &Seen<V>| now < it.as_of + moment && it.written >= written;
        let thing = self.thing(key, is_fresh);
        if let Some(fresh) = thing.shown(is_fresh) {
            return Ok(fresh);
        }
        let _reading = match thing.reading.try_lock() {
            Ok(reading) => reading,
            Err(_others_read) => {
                if let Some(old) = thing.shown(|it| it.written >= written) {
                    return Ok(old);
                }
                let reading = thing.reading.lock().await;
                if let Some(fresh) = thing.shown(is_fresh) {
                    return Ok(fresh);
                }
                reading
            }
        };
        let value = Arc::new(read.await?);
        let seen = Seen { as_of: now, written, value: Arc::clone(&value) };
        *thing.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(seen);
        Ok((now, value))
    }

    /// Its place; of what nobody looks at any more, what is old is forgotten.
    fn thing(&self, key: K, is_fresh: impl Fn(&Seen<V>) -> bool) -> Shared<V> {
        let mut all = self.things.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|of, thing| {
            *of == key || Arc::strong_count(thing) > 1 || thing.shown(&is_fresh).is_some()
        });
        let new = || Thing { seen: Mutex::default(), reading: tokio::sync::Mutex::default() };
        Arc::clone(all.entry(key).or_insert_with(|| Arc::new(new())))
    }
}

impl<V> Thing<V> {
    /// What was seen of it last, where that will do.
    fn shown(&self, will_do: impl Fn(&Seen<V>) -> bool) -> Option<(Timestamp, Arc<V>)> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = seen.as_ref().filter(|seen| will_do(seen))?;
        Some((seen.as_of, Arc::clone(&seen.value)))
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::atomic::AtomicU32;

    use super::*;

    const MOMENT: Duration = Duration::from_secs(5);

    fn at(seconds: i64) -> (Timestamp, Duration) {
        (Timestamp::from_millis(seconds * 1000), MOMENT)
    }

    #[tokio::test]
    async fn what_is_a_moment_old_is_read_again_and_nothing_before() {
        let (looks, read) = (Looks::new(&Written::default()), AtomicU32::new(0));
        let look = async |key, seconds| {
            let reading = async { Ok::<_, Infallible>(read.fetch_add(1, Ordering::Relaxed)) };
            let Ok((as_of, value)) = looks.look(key, at(seconds), reading).await;
            (as_of.as_millis() / 1000, *value)
        };
        assert_eq!(look("a", 0).await, (0, 0));
        assert_eq!(look("a", 4).await, (0, 0));
        assert_eq!(look("b", 4).await, (4, 1));
        assert_eq!(look("a", 5).await, (5, 2));
        assert_eq!(looks.things.lock().expect("nobody panicked").len(), 2);
        // Nobody looks at b any more.
        assert_eq!(look("a", 60).await, (60, 3));
        assert_eq!(looks.things.lock().expect("nobody panicked").len(), 1);
    }

    #[tokio::test]
    async fn whoever_wrote_sees_what_they_wrote() {
        let (written, mut now) = (Written::default(), 0);
        let looks = Looks::new(&written);
        let mut look = async || {
            now += 1;
            let Ok((_, value)) = looks.look((), at(0), async { Ok::<_, Infallible>(now) }).await;
            *value
        };
        assert_eq!((look().await, look().await), (1, 1));
        written.note();
        assert_eq!((look().await, look().await), (3, 3));
    }

    #[tokio::test]
    async fn of_many_who_look_at_once_one_reads() {
        let (looks, read) = (Looks::new(&Written::default()), AtomicU32::new(0));
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
    async fn whoever_comes_while_it_is_read_again_is_shown_what_was() {
        let looks = Looks::new(&Written::default());
        let ready = async { Ok::<_, Infallible>(1) };
        let Ok(_) = looks.look((), at(0), ready).await;
        let (say, hear) = tokio::sync::oneshot::channel();
        let slow = looks.look((), at(5), async { Ok::<_, Infallible>(hear.await.unwrap_or(0)) });
        let meanwhile = async {
            let Ok((as_of, value)) = looks.look((), at(6), async { Ok::<_, Infallible>(9) }).await;
            say.send(2).expect("somebody listens");
            (as_of, *value)
        };
        let (Ok((_, slow)), meanwhile) = tokio::join!(slow, meanwhile);
        assert_eq!((*slow, meanwhile), (2, (Timestamp::from_millis(0), 1)));
    }

    #[tokio::test]
    async fn what_could_not_be_read_is_read_by_the_next() {
        let looks = Looks::new(&Written::default());
        assert_eq!(looks.look((), at(0), async { Err::<u8, _>("no") }).await, Err("no"));
        let seen = looks.look((), at(1), async { Ok::<_, &str>(7) }).await.expect("it is read");
        assert_eq!(*seen.1, 7);
    }
}

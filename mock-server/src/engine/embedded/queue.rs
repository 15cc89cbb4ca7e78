//! The queue of segments that wait for a worker, in the order in which they become due.

use std::collections::{BTreeMap, HashMap};

use tokio::time::Instant;

use super::jobs::JobKey;

/// One segment of one job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct SegmentRef {
    pub(super) job: JobKey,
    pub(super) index: u32,
}

/// A place in line: by due time, and among equals by arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) due: Instant,
    arrival: u64,
}

/// Whether a waiting worker has been told that a segment is due. What is due on arrival is announced at once; what is
/// delayed when it comes to the head of the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Announcement {
    Made,
    Owed,
}

/// Segments in line. All operations cost O(log n).
#[derive(Debug, Default)]
pub(super) struct Queue {
    line: BTreeMap<Place, (SegmentRef, Announcement)>,
    places: HashMap<SegmentRef, Place>,
    arrivals: u64,
    /// Announcements that have been promised since they were last taken.
    announcements: usize,
}

impl Queue {
    /// Lines a segment up, to be due at `due`.
    pub(super) fn push(&mut self, segment: SegmentRef, due: Instant, now: Instant) {
        let place = Place {
            due,
            arrival: self.arrivals,
        };
        self.arrivals += 1;
        self.put(segment, place, now);
    }

    /// Gives a segment the place back that it had when it was taken. Whatever came due since stands behind it, so it is
    /// first in line.
    pub(super) fn restore(&mut self, segment: SegmentRef, place: Place, now: Instant) {
        self.put(segment, place, now);
    }

    fn put(&mut self, segment: SegmentRef, place: Place, now: Instant) {
        let announcement = if place.due <= now {
            self.announcements += 1;
            Announcement::Made
        } else {
            Announcement::Owed
        };
        self.line.insert(place, (segment, announcement));
        self.places.insert(segment, place);
    }

    /// Takes a segment out of the line, wherever it stands.
    pub(super) fn remove(&mut self, segment: SegmentRef) {
        if let Some(place) = self.places.remove(&segment) {
            self.line.remove(&place);
        }
    }

    /// Takes the first segment, if it is due.
    pub(super) fn pop_due(&mut self, now: Instant) -> Option<(SegmentRef, Place)> {
        let first = self.line.first_entry().filter(|entry| entry.key().due <= now)?;
        let (place, (segment, _)) = first.remove_entry();
        self.places.remove(&segment);
        Some((segment, place))
    }

    /// When the first segment is due, or has been since.
    pub(super) fn first_due(&self) -> Option<Instant> {
        self.line.first_key_value().map(|(place, _)| place.due)
    }

    /// How many segments wait, those that are not due yet included.
    pub(super) fn len(&self) -> usize {
        self.line.len()
    }

    /// How many waiting workers to wake: one for each segment that came due on arrival since the last call, and one
    /// for a head of the line that came due by time.
    pub(super) fn take_announcements(&mut self, now: Instant) -> usize {
        if let Some(mut head) = self.line.first_entry()
            && head.key().due <= now
            && head.get().1 == Announcement::Owed
        {
            head.get_mut().1 = Announcement::Made;
            self.announcements += 1;
        }
        std::mem::take(&mut self.announcements)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn segment(index: u32) -> SegmentRef {
        SegmentRef {
            job: JobKey::default(),
            index,
        }
    }

    fn drain(queue: &mut Queue, now: Instant) -> Vec<u32> {
        std::iter::from_fn(|| queue.pop_due(now))
            .map(|(segment, _)| segment.index)
            .collect()
    }

    #[test]
    fn segments_leave_by_due_time_and_among_equals_by_arrival() {
        let now = Instant::now();
        let mut queue = Queue::default();
        queue.push(segment(0), now + Duration::from_millis(5), now);
        queue.push(segment(1), now, now);
        queue.push(segment(2), now, now);
        assert_eq!(queue.len(), 3);
        assert_eq!(drain(&mut queue, now), [1, 2]);
        assert_eq!(queue.first_due(), Some(now + Duration::from_millis(5)));
        assert_eq!(drain(&mut queue, now + Duration::from_millis(5)), [0]);
    }

    #[test]
    fn what_is_given_back_is_first_in_line_in_its_old_order() {
        let now = Instant::now();
        let mut queue = Queue::default();
        for index in 0..4 {
            queue.push(segment(index), now, now);
        }
        let first = queue.pop_due(now).expect("one is due");
        let second = queue.pop_due(now).expect("one is due");
        let later = now + Duration::from_secs(1);
        queue.push(segment(9), later, later);
        queue.restore(second.0, second.1, later);
        queue.restore(first.0, first.1, later);
        assert_eq!(drain(&mut queue, later), [0, 1, 2, 3, 9]);
    }

    #[test]
    fn a_removed_segment_is_gone_and_may_come_again() {
        let now = Instant::now();
        let mut queue = Queue::default();
        queue.push(segment(0), now, now);
        queue.push(segment(1), now, now);
        queue.remove(segment(0));
        queue.remove(segment(0));
        assert_eq!(queue.len(), 1);
        queue.push(segment(0), now, now);
        assert_eq!(drain(&mut queue, now), [1, 0]);
    }

    #[test]
    fn each_due_segment_is_announced_once() {
        let now = Instant::now();
        let soon = now + Duration::from_millis(5);
        let mut queue = Queue::default();
        queue.push(segment(0), now, now);
        queue.push(segment(1), now, now);
        queue.push(segment(2), soon, now);
        queue.push(segment(3), soon, now);
        assert_eq!(queue.take_announcements(now), 2);
        assert_eq!(queue.take_announcements(now), 0);
        drain(&mut queue, now);
        assert_eq!(queue.take_announcements(now), 0);
        assert_eq!(queue.take_announcements(soon), 1);
        assert_eq!(queue.take_announcements(soon), 0);
        queue.pop_due(soon);
        assert_eq!(queue.take_announcements(soon), 1);
    }
}

//! A set in order that knows the place of each of its elements, and which of them has been there longest.
//!
//! A treap: a search tree by key that is a heap by a priority drawn from a counter, so that its depth is
//! logarithmic whatever the order of keys. Every node knows the size of its subtree, so a place is found on one
//! way down. Nothing here knows what waits.

use crate::timestamp::Timestamp;

/// No node.
const NIL: u32 = u32::MAX;

/// Elements in order, each with the moment since which it counts.
#[derive(Debug, Clone)]
pub(super) struct RankedSet<K> {
    nodes: Vec<Node<K>>,
    free: Vec<u32>,
    root: u32,
    /// How many nodes were ever made.
    made: u64,
}

#[derive(Debug, Clone)]
struct Node<K> {
    key: K,
    since: Timestamp,
    priority: u32,
    left: u32,
    right: u32,
    /// Elements of the subtree.
    size: u32,
    /// The earliest moment in the subtree.
    oldest: Timestamp,
}

impl<K> Default for RankedSet<K> {
    fn default() -> Self {
        Self { nodes: Vec::new(), free: Vec::new(), root: NIL, made: 0 }
    }
}

impl<K: Copy + Ord> RankedSet<K> {
    pub fn len(&self) -> usize {
        self.size(self.root) as usize
    }

    /// The earliest moment of all.
    pub fn oldest(&self) -> Option<Timestamp> {
        self.node(self.root).map(|node| node.oldest)
    }

    /// The place of an element from the first, which has 1; nothing if it is not in.
    pub fn place(&self, key: &K) -> Option<u64> {
        let (mut at, mut before) = (self.root, 0);
        while let Some(node) = self.node(at) {
            at = match key.cmp(&node.key) {
                std::cmp::Ordering::Less => node.left,
                std::cmp::Ordering::Equal => return Some(before + u64::from(self.size(node.left)) + 1),
                std::cmp::Ordering::Greater => {
                    before += u64::from(self.size(node.left)) + 1;
                    node.right
                }
            };
        }
        None
    }

    /// Puts an element in, which must not be in yet.
    pub fn insert(&mut self, key: K, since: Timestamp) {
        self.made += 1;
        let priority = mixed(self.made);
        let node = Node { key, since, priority, left: NIL, right: NIL, size: 1, oldest: since };
        let new = match self.free.pop() {
            Some(place) => {
                self.nodes[place as usize] = node;
                place
            }
            None => {
                self.nodes.push(node);
                u32::try_from(self.nodes.len() - 1).expect("fewer than four billion wait")
            }
        };
        self.root = self.put(self.root, new);
    }

    /// Takes an element out; whether it was in.
    pub fn remove(&mut self, key: &K) -> bool {
        let (root, removed) = self.cut(self.root, key);
        self.root = root;
        self.free.extend(removed);
        removed.is_some()
    }

    /// All elements in order.
    pub fn iter(&self) -> impl Iterator<Item = &K> {
        let mut path = Vec::new();
        self.descend(self.root, &mut path);
        std::iter::from_fn(move || {
            let node = self.node(path.pop()?)?;
            self.descend(node.right, &mut path);
            Some(&node.key)
        })
    }

    fn descend(&self, mut at: u32, path: &mut Vec<u32>) {
        while let Some(node) = self.node(at) {
            path.push(at);
            at = node.left;
        }
    }

    fn node(&self, at: u32) -> Option<&Node<K>> {
        self.nodes.get(at as usize)
    }

    fn size(&self, at: u32) -> u32 {
        self.node(at).map_or(0, |node| node.size)
    }

    /// Sets what a node knows of its subtree right.
    fn sum_up(&mut self, at: u32) {
        let Node { left, right, since, .. } = self.nodes[at as usize];
        let oldest = [left, right].into_iter().filter_map(|child| self.node(child)).map(|node| node.oldest);
        let oldest = oldest.min().map_or(since, |oldest| oldest.min(since));
        let size = self.size(left) + self.size(right) + 1;
        let node = &mut self.nodes[at as usize];
        (node.size, node.oldest) = (size, oldest);
    }

    /// The subtree with a new node in it.
    fn put(&mut self, at: u32, new: u32) -> u32 {
        let Some(Node { key, priority, left, right, .. }) = self.node(at).cloned() else { return new };
        let new_key = self.nodes[new as usize].key;
        if self.nodes[new as usize].priority > priority {
            let (left, right) = self.split(at, &new_key);
            (self.nodes[new as usize].left, self.nodes[new as usize].right) = (left, right);
            self.sum_up(new);
            return new;
        }
        if new_key < key {
            self.nodes[at as usize].left = self.put(left, new);
        } else {
            self.nodes[at as usize].right = self.put(right, new);
        }
        self.sum_up(at);
        at
    }

    /// Those before the key, and the others.
    fn split(&mut self, at: u32, by: &K) -> (u32, u32) {
        let Some(Node { key, left, right, .. }) = self.node(at).cloned() else { return (NIL, NIL) };
        if key < *by {
            let (before, behind) = self.split(right, by);
            self.nodes[at as usize].right = before;
            self.sum_up(at);
            (at, behind)
        } else {
            let (before, behind) = self.split(left, by);
            self.nodes[at as usize].left = behind;
            self.sum_up(at);
            (before, at)
        }
    }

    /// Both subtrees in one; all of the left one come first.
    fn join(&mut self, left: u32, right: u32) -> u32 {
        let (Some(first), Some(second)) = (self.node(left), self.node(right)) else {
            return if left == NIL { right } else { left };
        };
        if first.priority > second.priority {
            let inner = first.right;
            self.nodes[left as usize].right = self.join(inner, right);
            self.sum_up(left);
            left
        } else {
            let inner = second.left;
            self.nodes[right as usize].left = self.join(left, inner);
            self.sum_up(right);
            right
        }
    }

    /// The subtree without the key, and the node that held it.
    fn cut(&mut self, at: u32, wanted: &K) -> (u32, Option<u32>) {
        let Some(Node { key, left, right, .. }) = self.node(at).cloned() else { return (NIL, None) };
        let removed;
        match wanted.cmp(&key) {
            std::cmp::Ordering::Equal => return (self.join(left, right), Some(at)),
            std::cmp::Ordering::Less => {
                let (rest, found) = self.cut(left, wanted);
                self.nodes[at as usize].left = rest;
                removed = found;
            }
            std::cmp::Ordering::Greater => {
                let (rest, found) = self.cut(right, wanted);
                self.nodes[at as usize].right = rest;
                removed = found;
            }
        }
        if removed.is_some() {
            self.sum_up(at);
        }
        (at, removed)
    }
}

/// A number without any visible order from a counter (Steele, Lea and Flood's SplitMix64).
fn mixed(number: u64) -> u32 {
    let mut z = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 32) as u32
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn depth<K>(set: &RankedSet<K>, at: u32) -> usize {
        let Some(node) = set.nodes.get(at as usize) else { return 0 };
        1 + depth(set, node.left).max(depth(set, node.right))
    }

    #[test]
    fn a_queue_stays_shallow_however_it_comes_and_goes() {
        let mut queue = RankedSet::default();
        for number in 0..100_000_u32 {
            queue.insert(number, Timestamp::from_millis(i64::from(number)));
        }
        assert!(depth(&queue, queue.root) < 60, "{}", depth(&queue, queue.root));
        (0..50_000).for_each(|number| assert!(queue.remove(&number)));
        assert_eq!((queue.place(&50_000), queue.place(&99_999)), (Some(1), Some(50_000)));
        assert_eq!(queue.oldest(), Some(Timestamp::from_millis(50_000)));
        let nodes = queue.nodes.len();
        (0..50_000).for_each(|number| queue.insert(number, Timestamp::default()));
        assert_eq!(queue.nodes.len(), nodes, "places are used again");
    }

    proptest! {
        #[test]
        fn it_is_like_a_map_in_order(steps in prop::collection::vec((any::<bool>(), 0..60_u32, 0..9_i64), 0..300)) {
            let (mut set, mut model) = (RankedSet::default(), BTreeMap::new());
            for (insert, key, since) in steps {
                let since = Timestamp::from_millis(since);
                if !insert {
                    prop_assert_eq!(set.remove(&key), model.remove(&key).is_some());
                } else if model.insert(key, since).is_none() {
                    set.insert(key, since);
                } else {
                    set.remove(&key);
                    set.insert(key, since);
                }
                prop_assert_eq!(set.len(), model.len());
                prop_assert_eq!(set.oldest(), model.values().min().copied());
            }
            prop_assert!(set.iter().eq(model.keys()));
            for (place, key) in (1..).zip(model.keys()) {
                prop_assert_eq!(set.place(key), Some(place));
            }
            prop_assert_eq!(set.place(&1000), None);
        }
    }
}

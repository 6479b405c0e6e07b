//! Buffers of frames that are no longer needed, for those to come.

/// How many are kept: groups are of a few sizes, which come again.
const MOST: usize = 4;

/// Bytes of a buffer that is not kept: a group of very large commands comes seldom.
const LARGE: usize = 8 * 1024 * 1024;

/// Buffers of frames that are no longer needed.
#[derive(Debug, Default)]
pub(super) struct Spares(Vec<Vec<u8>>);

impl Spares {
    /// An empty buffer with room for so many bytes: a spare one, unless all would have to grow or are much too large,
    /// since who keeps a frame keeps all of its buffer. New ones are of few sizes, so that they fit again.
    pub fn take(&mut self, bytes: usize) -> Vec<u8> {
        let size = bytes.next_power_of_two();
        let fits = |spare: &Vec<u8>| (size..2 * size).contains(&spare.capacity());
        match self.0.iter().position(fits) {
            Some(place) => self.0.remove(place),
            None => Vec::with_capacity(size),
        }
    }

    /// Keeps one more, unless it is large, instead of the one that has been here longest. What was in it is
    /// overwritten: it may be erased meanwhile.
    pub fn put(&mut self, mut spare: Vec<u8>) {
        if spare.capacity() > LARGE {
            return;
        }
        if self.0.len() == MOST {
            self.0.remove(0);
        }
        spare.fill(0);
        spare.clear();
        self.0.push(spare);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_comes_back_where_it_fits_and_the_last_ones_stay() {
        let mut spares = Spares::default();
        let sizes = [100, 1000, 10_000, 100_000];
        for bytes in sizes {
            let mut buffer = spares.take(bytes);
            assert!(buffer.capacity() >= bytes);
            buffer.push(7);
            spares.put(buffer);
        }
        assert_eq!(spares.take(900).capacity(), 1024);
        assert_eq!(spares.take(900).capacity(), 1024, "a new one");
        let places: Vec<usize> = spares.0.iter().map(Vec::capacity).collect();
        assert_eq!(places, [128, 16_384, 131_072]);
        assert!(spares.0.iter().all(Vec::is_empty));
        spares.put(Vec::with_capacity(1));
        spares.put(Vec::with_capacity(2));
        assert_eq!(spares.0.len(), MOST);
        assert!(spares.0.iter().all(|spare| spare.capacity() != 128));
        spares.put(Vec::with_capacity(LARGE + 1));
        assert!(spares.0.iter().all(|spare| spare.capacity() <= LARGE), "a large one is not kept");
    }
}

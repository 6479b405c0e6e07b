//! An allocator that counts what is in use, and stops whoever asks for much more at once than an input is worth.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts the bytes in use, and those of the largest single piece that was ever asked for.
pub struct Counting {
    used: AtomicUsize,
    most: AtomicUsize,
    largest: AtomicUsize,
}

impl Counting {
    /// Nothing counted yet.
    pub const fn new() -> Self {
        Self { used: AtomicUsize::new(0), most: AtomicUsize::new(0), largest: AtomicUsize::new(0) }
    }

    /// Bytes in use.
    #[allow(dead_code, reason = "each program that counts looks at another figure")]
    pub fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    /// The most bytes that were in use at once since the last call.
    #[allow(dead_code, reason = "each program that counts looks at another figure")]
    pub fn most_since(&self) -> usize {
        self.most.swap(self.used(), Ordering::Relaxed)
    }

    /// The largest piece that was asked for since the last call.
    #[allow(dead_code, reason = "each program that counts looks at another figure")]
    pub fn largest_since(&self) -> usize {
        self.largest.swap(0, Ordering::Relaxed)
    }

    fn add(&self, bytes: usize) {
        let used = self.used.fetch_add(bytes, Ordering::Relaxed) + bytes;
        self.most.fetch_max(used, Ordering::Relaxed);
        self.largest.fetch_max(bytes, Ordering::Relaxed);
    }
}

// SAFETY: everything is left to the system's allocator; only sizes are counted beside it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.add(layout.size());
        // SAFETY: the caller keeps the contract of the trait.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        self.add(layout.size());
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        self.used.fetch_sub(layout.size(), Ordering::Relaxed);
        self.add(size);
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        self.used.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

//! One line after the other from a stream. Never holds more of a line than its limit allows.

use std::io::{self, BufRead, ErrorKind};

/// What stands between two ends of line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line<'a> {
    /// The bytes, without the end of line.
    Whole(&'a [u8]),
    /// More bytes than allowed; they were passed over.
    TooLong,
}

/// Cuts a stream into lines.
#[derive(Debug)]
pub(crate) struct Lines<R> {
    input: R,
    limit: usize,
    line: Vec<u8>,
}

/// A buffer that one huge line has stretched beyond this is given back.
const KEPT_BYTES: usize = 1024 * 1024;

impl<R: BufRead> Lines<R> {
    /// Lines of at most `limit` bytes.
    pub(crate) fn new(input: R, limit: usize) -> Self {
        Self { input, limit, line: Vec::new() }
    }

    /// The next line, or `None` at the end of the stream. The last one needs no end of line.
    ///
    /// # Errors
    /// What the stream reports, interruptions apart.
    pub(crate) fn next_line(&mut self) -> io::Result<Option<Line<'_>>> {
        self.line.clear();
        self.line.shrink_to(KEPT_BYTES);
        let (mut started, mut too_long) = (false, false);
        loop {
            let bytes = match self.input.fill_buf() {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                other => other?,
            };
            if bytes.is_empty() {
                return Ok(started.then(|| finished(&self.line, too_long)));
            }
            started = true;
            let end = bytes.iter().position(|&byte| byte == b'\n');
            let part = &bytes[..end.unwrap_or(bytes.len())];
            too_long |= part.len() > self.limit - self.line.len();
            if !too_long {
                self.line.extend_from_slice(part);
            }
            let used = part.len() + usize::from(end.is_some());
            self.input.consume(used);
            if end.is_some() {
                return Ok(Some(finished(&self.line, too_long)));
            }
        }
    }
}

fn finished(line: &[u8], too_long: bool) -> Line<'_> {
    if too_long { Line::TooLong } else { Line::Whole(line) }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    fn cut(text: &str, limit: usize, buffer: usize) -> Vec<Option<String>> {
        let mut lines = Lines::new(BufReader::with_capacity(buffer, text.as_bytes()), limit);
        let mut all = Vec::new();
        while let Some(line) = lines.next_line().unwrap() {
            all.push(match line {
                Line::Whole(bytes) => Some(String::from_utf8(bytes.to_vec()).unwrap()),
                Line::TooLong => None,
            });
        }
        all
    }

    #[test]
    fn lines_are_cut_the_same_whatever_the_buffer() {
        let expected =
            [Some("one".into()), Some(String::new()), None, Some("1234".into()), Some("end".into())];
        for buffer in 1..12 {
            assert_eq!(cut("one\n\n12345\n1234\nend", 4, buffer), expected, "{buffer}");
        }
    }

    #[test]
    fn an_end_of_line_at_the_end_begins_no_line() {
        assert_eq!(cut("", 4, 8), []);
        assert_eq!(cut("a\n", 4, 8), [Some("a".into())]);
        assert_eq!(cut("\n", 4, 8), [Some(String::new())]);
    }

    #[test]
    fn a_line_that_is_too_long_is_not_kept() {
        let text = "x".repeat(100_000);
        let mut lines = Lines::new(text.as_bytes(), 10);
        assert_eq!(lines.next_line().unwrap(), Some(Line::TooLong));
        assert!(lines.line.capacity() <= 64);
    }
}

//! Folding: texts as people type them when they look for something, without case and accents. The
//! only place that names deunicode; nothing here knows what the texts are of.

use deunicode::deunicode_char;

use crate::limits;

/// The folded words of `text`, one after the other, each cut to the length that counts.
///
/// Letters of every script become plain Latin ones (`Żółw` is `zolw`), so that what cannot be typed can
/// be found. Whatever is neither letter nor digit ends a word, but for apostrophes.
pub fn each_word(text: &str, mut see: impl FnMut(&str)) {
    if text.is_ascii() {
        return each_plain_word(text, see);
    }
    let (mut word, mut length) = (String::new(), 0);
    let mut take = |char: char| match char {
        '\'' | '`' | '’' => {}
        char if char.is_alphanumeric() => {
            if length < limits::WORD_CHARS {
                word.push(char.to_ascii_lowercase());
                length += 1;
            }
        }
        _ => {
            if length > 0 {
                see(&word);
                word.clear();
                length = 0;
            }
        }
    };
    for char in text.chars() {
        match char {
            char if char.is_ascii() || char == '’' => take(char),
            char => match deunicode_char(char) {
                Some(plain) => plain.chars().for_each(&mut take),
                None => char.to_lowercase().for_each(&mut take),
            },
        }
    }
    take(' ');
}

/// The same of a text that is plain already, as most are: its words are pieces of it in small letters.
fn each_plain_word(text: &str, mut see: impl FnMut(&str)) {
    let small = text.to_ascii_lowercase();
    let mut begun = None;
    let mut skips = false;
    let mut end = |begun: usize, end: usize, skips: bool| {
        let piece = &small[begun..end];
        match skips {
            false => see(&piece[..piece.len().min(limits::WORD_CHARS)]),
            true => see_without_skipped(piece, &mut see),
        }
    };
    for (at, byte) in small.bytes().enumerate() {
        match PLAIN[usize::from(byte)] {
            Plain::Counts => begun = begun.or(Some(at)),
            Plain::Skipped => skips |= begun.is_some(),
            Plain::Ends => {
                if let Some(begun) = begun.take() {
                    end(begun, at, std::mem::take(&mut skips));
                }
            }
        }
    }
    if let Some(begun) = begun {
        end(begun, small.len(), skips);
    }
}

/// A word with something in it that does not count.
fn see_without_skipped(piece: &str, see: &mut impl FnMut(&str)) {
    let counts = |char: &char| PLAIN[*char as usize] == Plain::Counts;
    let word: String = piece.chars().filter(counts).take(limits::WORD_CHARS).collect();
    see(&word);
}

/// What a plain character is to a word.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Plain {
    /// A part of it.
    Counts,
    /// Nothing.
    Skipped,
    /// Its end.
    Ends,
}

const PLAIN: [Plain; 256] = {
    let mut table = [Plain::Ends; 256];
    let mut byte = 0;
    while byte < table.len() {
        table[byte] = match byte as u8 {
            b'\'' | b'`' => Plain::Skipped,
            char if char.is_ascii_alphanumeric() => Plain::Counts,
            _ => Plain::Ends,
        };
        byte += 1;
    }
    table
};

/// The folded words of `text`, in order.
pub fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    each_word(text, |word| words.push(word.to_owned()));
    words
}

/// Lengths of beginnings under which an index keeps a word, in characters: a longer one that is
/// looked for leads to its last kept beginning, and what is found there is looked at. Long words are
/// rare, and many are numbers that differ at their end alone.
const KEPT_CHARS: [usize; 13] = [16, 15, 14, 13, 12, 11, 10, 9, 8, 6, 4, 2, 1];

/// The beginnings of a word under which an index keeps it, the longest first.
pub fn kept_beginnings(word: &str) -> impl Iterator<Item = &str> {
    KEPT_CHARS.into_iter().filter_map(|length| beginning(word, length))
}

/// The longest beginning of this one under which an index keeps words.
pub fn kept(beginning: &str) -> &str {
    kept_beginnings(beginning).next().unwrap_or(beginning)
}

/// The first characters of a word that has so many.
fn beginning(word: &str, chars: usize) -> Option<&str> {
    if word.is_ascii() {
        return word.get(..chars);
    }
    let (at, last) = word.char_indices().nth(chars - 1)?;
    Some(&word[..at + last.len_utf8()])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn case_and_accents_do_not_count() {
        let cases = [
            ("Żółw", "zolw"),
            ("ŻÓŁW", "zolw"),
            ("Z\u{307}o\u{301}łw", "zolw"),
            ("Straße", "strasse"),
            ("Æsop Ørsted", "aesop orsted"),
            ("Ångström", "angstrom"),
            ("Москва", "moskva"),
            ("İstanbul", "istanbul"),
            ("Ελλάδα", "ellada"),
            ("ＦＵＬＬ", "full"),
        ];
        for (text, folded) in cases {
            assert_eq!(words(text).join(" "), folded, "{text}");
        }
    }

    #[test]
    fn an_index_keeps_some_beginnings_and_leads_to_them_from_all() {
        let found = ["p", "pa", "par", "parc", "parcel", "parcelled", ""].map(kept);
        assert_eq!(found, ["p", "pa", "pa", "parc", "parcel", "parcelled", ""]);
        assert_eq!(kept_beginnings("parcel").collect::<Vec<_>>(), ["parcel", "parc", "pa", "p"]);
        assert_eq!(kept_beginnings("śnieg").collect::<Vec<_>>(), ["śnie", "śn", "ś"]);
    }

    #[test]
    fn words_end_where_letters_and_digits_do() {
        assert_eq!(words("  No. 17/b, don't—stop! "), ["no", "17", "b", "dont", "stop"]);
        assert_eq!(words("parcel-7@example.com"), ["parcel", "7", "example", "com"]);
        assert!(words(" … !? ").is_empty());
    }

    #[test]
    fn plain_texts_have_the_same_words_as_others() {
        let text = "Don't PANIC: `order` 20261125001, pneumonoultramicroscopic--a ";
        let marked = words(&format!("{text} ż"));
        assert_eq!(words(text), marked[..marked.len() - 1]);
    }

    proptest! {
        #[test]
        fn a_plain_text_has_the_words_that_it_has_beside_others(text in "[ -~]{0,80}") {
            let marked = words(&format!("{text} ż"));
            prop_assert_eq!(words(&text), &marked[..marked.len() - 1]);
        }
    }

    #[test]
    fn long_words_count_as_far_as_they_are_looked_at() {
        let long = "x".repeat(limits::WORD_CHARS + 5);
        assert_eq!(words(&long), [&long[..limits::WORD_CHARS]]);
    }
}

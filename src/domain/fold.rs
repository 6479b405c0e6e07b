//! Folding: texts as people type them when they look for something, without case and accents. The
//! only place that names deunicode; nothing here knows what the texts are of.

use deunicode::deunicode_char;

use crate::limits;

/// The folded words of `text`, one after the other, each cut to the length that counts.
///
/// Letters of every script become plain Latin ones (`Żółw` is `zolw`), so that what cannot be typed can
/// be found. Whatever is neither letter nor digit ends a word, but for apostrophes.
pub fn each_word(text: &str, mut see: impl FnMut(&str)) {
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

/// The folded words of `text`, in order.
pub fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    each_word(text, |word| words.push(word.to_owned()));
    words
}

/// Lengths of beginnings under which an index keeps a word, in characters: a longer one that is
/// looked for leads to its last kept beginning, and what is found there is looked at.
const KEPT_CHARS: [usize; 5] = [16, 8, 4, 2, 1];

/// Whether an index keeps words under this beginning.
pub fn is_kept(beginning: &str) -> bool {
    KEPT_CHARS.contains(&beginning.chars().count())
}

/// The longest beginning of this one under which an index keeps words.
pub fn kept(beginning: &str) -> &str {
    let ends = KEPT_CHARS.iter().filter_map(|length| beginning.char_indices().nth(length - 1));
    ends.map(|(at, char)| &beginning[..at + char.len_utf8()]).next().unwrap_or(beginning)
}

/// All beginnings of a word, from the first character to the whole.
pub fn beginnings(word: &str) -> impl Iterator<Item = &str> {
    word.char_indices().map(|(at, char)| &word[..at + char.len_utf8()])
}

#[cfg(test)]
mod tests {
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
        assert_eq!(found, ["p", "pa", "pa", "parc", "parc", "parcelle", ""]);
        assert!(beginnings("parcel").all(|beginning| is_kept(kept(beginning))));
        assert_eq!(beginnings("parcel").filter(|beginning| is_kept(beginning)).count(), 3);
    }

    #[test]
    fn words_end_where_letters_and_digits_do() {
        assert_eq!(words("  No. 17/b, don't—stop! "), ["no", "17", "b", "dont", "stop"]);
        assert_eq!(words("parcel-7@example.com"), ["parcel", "7", "example", "com"]);
        assert!(words(" … !? ").is_empty());
    }

    #[test]
    fn long_words_count_as_far_as_they_are_looked_at() {
        let long = "x".repeat(limits::WORD_CHARS + 5);
        assert_eq!(words(&long), [&long[..limits::WORD_CHARS]]);
    }

    #[test]
    fn a_word_has_as_many_beginnings_as_characters() {
        assert_eq!(beginnings("zolw").collect::<Vec<_>>(), ["z", "zo", "zol", "zolw"]);
        assert_eq!(beginnings("").count(), 0);
    }
}

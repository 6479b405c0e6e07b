//! Short codes of emoji in what operators write. The only place that names the emojis crate.

use std::borrow::Cow;

/// The text with every known short code, as in `:smile:`, replaced by the emoji itself. What is no
/// known code stays as it is.
pub fn with_emoji(text: &str) -> Cow<'_, str> {
    let mut replaced = String::new();
    let mut rest = text;
    while let Some(open) = rest.find(':') {
        let (before, from) = rest.split_at(open);
        let end = from[1..].find(':').map(|length| 1 + length);
        let found = end.and_then(|end| emoji(&from[1..end]).map(|emoji| (emoji, end + 1)));
        replaced.push_str(before);
        match found {
            Some((emoji, length)) => {
                replaced.push_str(emoji);
                rest = &from[length..];
            }
            // The second colon may open a code of its own.
            None => {
                let length = end.unwrap_or(from.len());
                replaced.push_str(&from[..length]);
                rest = &from[length..];
            }
        }
    }
    if replaced.is_empty() {
        return Cow::Borrowed(text);
    }
    replaced.push_str(rest);
    Cow::Owned(replaced)
}

fn emoji(code: &str) -> Option<&'static str> {
    emojis::get_by_shortcode(code).map(|emoji| emoji.as_str())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn short_codes_become_emoji() {
        for (text, expected) in [
            ("hi :smile:", "hi 😄"),
            (":+1::tada:", "👍🎉"),
            (":smile:smile:", "😄smile:"),
            ("at 10:30:smile:", "at 10:30😄"),
            ("::smile::", ":😄:"),
        ] {
            assert_eq!(with_emoji(text), expected);
        }
    }

    #[test]
    fn what_is_no_code_stays() {
        for text in
            ["", "plain", "10:30:45", ":", "::", ":no such code:", "a:b", ":Smile:", "https://a.b:80/:"]
        {
            assert_eq!(with_emoji(text), text);
        }
    }

    proptest! {
        #[test]
        fn no_text_grows_or_panics(text in "(:|smile|tada|ż| ){0,12}") {
            let replaced = with_emoji(&text);
            prop_assert!(replaced.chars().count() <= text.chars().count());
            prop_assert!(!replaced.contains(":tada:"));
        }
    }
}

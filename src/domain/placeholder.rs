//! Placeholders in texts that are written once and sent often: canned replies, and the texts of
//! channels' rules.

/// What stands for the placeholders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Names<'a> {
    /// For `{client.name}`.
    pub client: &'a str,
    /// For `{operator.name}`.
    pub operator: &'a str,
    /// For `{channel.name}`.
    pub channel: &'a str,
}

impl<'a> Names<'a> {
    fn of(self, placeholder: &str) -> Option<&'a str> {
        match placeholder {
            "client.name" => Some(self.client),
            "operator.name" => Some(self.operator),
            "channel.name" => Some(self.channel),
            _ => None,
        }
    }
}

/// The text with every placeholder filled in, in one pass: a name that looks like a placeholder is
/// not filled in again. Unknown ones stay as they are.
pub fn fill(text: &str, names: Names<'_>) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        let (before, from) = rest.split_at(open);
        filled.push_str(before);
        let placeholder = from.find('}').and_then(|end| Some((names.of(&from[1..end])?, end + 1)));
        let (name, length) = placeholder.unwrap_or(("{", 1));
        filled.push_str(name);
        rest = &from[length..];
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_placeholders_are_filled_in_once_and_others_stay() {
        let names = Names { client: "Ala {operator.name}", operator: "Anna", channel: "Shop" };
        for (text, expected) in [
            (
                "Dear {client.name}, {operator.name} of {channel.name}",
                "Dear Ala {operator.name}, Anna of Shop",
            ),
            ("{{client.name}}", "{Ala {operator.name}}"),
            ("{client} {client.name", "{client} {client.name"),
            ("{a {operator.name}", "{a Anna"),
            ("", ""),
        ] {
            assert_eq!(fill(text, names), expected);
        }
    }
}

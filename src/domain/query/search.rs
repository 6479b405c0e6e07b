//! The search for something to choose: an operator, a channel, a form, a canned reply, a dialog.

use serde::Deserialize;

use super::list_dialogs::{page, wanted};
use crate::domain::fold;
use crate::error::Rejection;
use crate::ids::OperatorId;

/// Things of one kind whose id or name has a word for each word of the text, which begins it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Search {
    /// What is looked for.
    pub kind: SearchKind,
    /// By which words.
    pub text: String,
    /// How many at most.
    pub limit: Option<u32>,
}

/// What can be looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SearchKind {
    /// Operators that are not removed.
    Operator,
    /// Channels.
    Channel,
    /// Forms.
    Form,
    /// Canned replies, by their texts too.
    Canned,
    /// Dialogs, by title and the client's name.
    Dialog,
}

impl Search {
    /// How many results there are unless the query says otherwise.
    pub const DEFAULT_LIMIT: u32 = 50;

    /// A search for as many as usual.
    pub fn new(kind: SearchKind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into(), limit: None }
    }

    /// Checks lengths and the number of results.
    ///
    /// # Errors
    /// `invalid_argument` or `too_large`, with the field.
    pub fn validate(&self) -> Result<(), Rejection> {
        page(self.limit)?;
        wanted(&self.text)
    }

    /// How many at most.
    pub fn page(&self) -> usize {
        self.limit.unwrap_or(Self::DEFAULT_LIMIT) as usize
    }
}

/// How well something fits, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// The text is its id or its name.
    Whole,
    /// Its id or its name begins with the text.
    Beginning,
    /// Its id and name have all the words.
    Words,
    /// Its text has those that they lack.
    Text,
}

/// Something that can be found, folded once for all searches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// For people.
    pub name: String,
    /// What is sent, of a canned reply.
    pub text: Option<String>,
    /// Who alone may see it, if not everybody may.
    pub owner: Option<OperatorId>,
    folded: [String; 2],
    words: Vec<String>,
    text_words: Vec<String>,
}

impl Entry {
    /// Something that everybody may find by its id and name.
    pub fn new(id: &str, name: &str) -> Self {
        let (of_id, of_name) = (fold::words(id), fold::words(name));
        Self {
            name: name.to_owned(),
            text: None,
            owner: None,
            folded: [of_id.join(" "), of_name.join(" ")],
            words: of_id.into_iter().chain(of_name).collect(),
            text_words: Vec::new(),
        }
    }

    /// The same with a text by which it is found too, and who alone may.
    #[must_use]
    pub fn with_text(mut self, text: &str, owner: Option<OperatorId>) -> Self {
        self.text = Some(text.to_owned());
        self.owner = owner;
        self.text_words = fold::words(text);
        self
    }

    /// How well it fits folded words, if it does.
    pub fn fit(&self, words: &[String]) -> Option<Fit> {
        let text = words.join(" ");
        if self.folded.contains(&text) {
            return Some(Fit::Whole);
        }
        if self.folded.iter().any(|folded| folded.starts_with(&text)) {
            return Some(Fit::Beginning);
        }
        let begins = |all: &[String], word: &String| all.iter().any(|own| own.starts_with(word.as_str()));
        if words.iter().all(|word| begins(&self.words, word)) {
            return Some(Fit::Words);
        }
        let either = |word| begins(&self.words, word) || begins(&self.text_words, word);
        words.iter().all(either).then_some(Fit::Text)
    }

    /// Whether whoever asks may see it; nobody stands for the host.
    pub fn is_for(&self, actor: Option<&OperatorId>) -> bool {
        actor.is_none() || self.owner.is_none() || self.owner.as_ref() == actor
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit(entry: &Entry, text: &str) -> Option<Fit> {
        entry.fit(&fold::words(text))
    }

    #[test]
    fn what_is_named_so_fits_best() {
        let entry = Entry::new("turtle-1", "Powolny Żółw").with_text("Dzień dobry!", None);
        let cases = [
            ("TURTLE-1", Some(Fit::Whole)),
            ("powolny zolw", Some(Fit::Whole)),
            ("tur", Some(Fit::Beginning)),
            ("Powolny ż", Some(Fit::Beginning)),
            ("zolw", Some(Fit::Words)),
            ("żół turtle", Some(Fit::Words)),
            ("dzien", Some(Fit::Text)),
            ("zolw dobry", Some(Fit::Text)),
            ("olw", None),
            ("zolw slon", None),
        ];
        for (text, expected) in cases {
            assert_eq!(fit(&entry, text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_somebodys_is_found_by_them_and_the_host() {
        let operator = |name| OperatorId::new(name).unwrap();
        let (anna, bea) = (operator("anna"), operator("bea"));
        let own = Entry::new("hi", "hi").with_text("Hello", Some(anna.clone()));
        assert!(own.is_for(None) && own.is_for(Some(&anna)) && !own.is_for(Some(&bea)));
        assert!(Entry::new("hi", "hi").is_for(Some(&bea)));
    }

    #[test]
    fn a_search_is_for_something() {
        let field = |search: Search| search.validate().unwrap_err().field.unwrap();
        assert_eq!(field(Search::new(SearchKind::Form, "")), "text");
        assert_eq!(field(Search::new(SearchKind::Form, " - ")), "text");
        assert_eq!(field(Search { limit: Some(201), ..Search::new(SearchKind::Form, "x") }), "limit");
        assert_eq!(Search::new(SearchKind::Form, "x").validate(), Ok(()));
        assert!(serde_json::from_str::<Search>(r#"{"kind":"app","text":"x"}"#).is_err());
    }
}

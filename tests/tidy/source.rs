//! Reads Rust sources as tokens: words and signs without comments, literals and lifetimes.
//!
//! It knows just enough of Rust for the checks; it never has to understand a whole program.

use std::fs;
use std::path::{Path, PathBuf};

/// One file of the project.
pub struct Source {
    /// Where it is, from the project's root, with slashes.
    pub path: String,
    /// What it says.
    pub text: String,
    /// The same as tokens.
    pub tokens: Vec<Token>,
}

impl Source {
    /// A file with this content.
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { path: path.into(), tokens: tokens(&text), text }
    }

    /// All Rust files below these folders of the project, in order of their paths.
    pub fn read_all(folders: &[&str]) -> Vec<Self> {
        let mut paths = Vec::new();
        folders.iter().for_each(|folder| collect_rust_files(&root().join(folder), &mut paths));
        paths.sort();
        paths.iter().map(|path| Self::new(relative(path), read(path))).collect()
    }

    /// How many lines it has.
    pub fn lines(&self) -> usize {
        self.text.lines().count()
    }

    /// Its path below `src`, or all of it for other files.
    pub fn below_src(&self) -> &str {
        self.path.strip_prefix("src/").unwrap_or(&self.path)
    }
}

/// The project's root.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The names of the files in a folder of the project; none if there is no such folder.
pub fn names_in(folder: &str) -> Vec<String> {
    let Ok(entries) = fs::read_dir(root().join(folder)) else { return Vec::new() };
    let mut names: Vec<_> = entries
        .map(|entry| entry.expect("the folder can be read").file_name().to_string_lossy().into())
        .collect();
    names.sort();
    names
}

fn collect_rust_files(folder: &Path, into: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.map(|entry| entry.expect("the folder can be read").path()) {
        if path.is_dir() {
            collect_rust_files(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

fn relative(path: &Path) -> String {
    let path = path.strip_prefix(root()).expect("all sources lie below the root");
    path.to_string_lossy().replace('\\', "/")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{} cannot be read: {error}", path.display()))
}

/// A word, `::`, or another sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// The word or sign itself.
    pub text: String,
    /// The line on which it starts, from 1.
    pub line: usize,
}

impl Token {
    /// Whether it is an identifier, a keyword or a number.
    pub fn is_word(&self) -> bool {
        self.text.starts_with(is_word_char)
    }
}

fn is_word_char(char: char) -> bool {
    char.is_alphanumeric() || char == '_'
}

/// The tokens of a Rust text.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut scanner = Scanner { chars: text.chars().collect(), at: 0, line: 1 };
    std::iter::from_fn(|| scanner.next_token()).collect()
}

struct Scanner {
    chars: Vec<char>,
    at: usize,
    line: usize,
}

impl Scanner {
    fn next_token(&mut self) -> Option<Token> {
        loop {
            let line = self.line;
            let token = |text: String| Some(Token { text, line });
            match (self.peek(0)?, self.peek(1)) {
                ('/', Some('/')) => self.skip_while(|char| char != '\n'),
                ('/', Some('*')) => self.skip_block_comment(),
                ('"', _) => self.skip_string(),
                ('\'', _) => self.skip_char_or_lifetime(),
                ('r', Some('"' | '#')) if self.skip_raw_string(1) => {}
                ('b' | 'c', Some('r')) if self.skip_raw_string(2) => {}
                (':', Some(':')) => {
                    self.skip(2);
                    return token("::".into());
                }
                (char, _) if is_word_char(char) => return token(self.word()),
                (char, _) => {
                    self.skip(1);
                    if !char.is_whitespace() {
                        return token(char.into());
                    }
                }
            }
        }
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn skip(&mut self, count: usize) {
        for _ in 0..count {
            self.line += usize::from(self.peek(0) == Some('\n'));
            self.at += 1;
        }
    }

    fn skip_while(&mut self, wanted: impl Fn(char) -> bool) {
        while self.peek(0).is_some_and(&wanted) {
            self.skip(1);
        }
    }

    fn word(&mut self) -> String {
        let start = self.at;
        self.skip_while(is_word_char);
        self.chars[start..self.at].iter().collect()
    }

    fn skip_block_comment(&mut self) {
        let mut depth = 0;
        loop {
            match (self.peek(0), self.peek(1)) {
                (Some('/'), Some('*')) => (depth, _) = (depth + 1, self.skip(2)),
                (Some('*'), Some('/')) => (depth, _) = (depth - 1, self.skip(2)),
                (None, _) => return,
                _ => self.skip(1),
            }
            if depth == 0 {
                return;
            }
        }
    }

    fn skip_string(&mut self) {
        self.skip(1);
        loop {
            match self.peek(0) {
                Some('\\') => self.skip(2),
                Some('"') | None => return self.skip(1),
                _ => self.skip(1),
            }
        }
    }

    /// Skips a raw string whose `r` ends `prefix` characters ahead; false if there is none.
    fn skip_raw_string(&mut self, prefix: usize) -> bool {
        let hashes = (prefix..).take_while(|&ahead| self.peek(ahead) == Some('#')).count();
        if self.peek(prefix + hashes) != Some('"') {
            return false;
        }
        self.skip(prefix + hashes + 1);
        while let Some(char) = self.peek(0) {
            let closes = char == '"' && (1..=hashes).all(|ahead| self.peek(ahead) == Some('#'));
            self.skip(if closes { 1 + hashes } else { 1 });
            if closes {
                break;
            }
        }
        true
    }

    fn skip_char_or_lifetime(&mut self) {
        match (self.peek(1), self.peek(2)) {
            (Some('\\'), _) => {
                self.skip(3);
                self.skip_while(|char| char != '\'');
                self.skip(1);
            }
            (_, Some('\'')) => self.skip(3),
            _ => {
                self.skip(1);
                self.skip_while(is_word_char);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::tokens;

    fn words(text: &str) -> Vec<String> {
        tokens(text).into_iter().map(|token| token.text).collect()
    }

    #[test]
    fn comments_are_not_code() {
        assert_eq!(words("a // b\n/* c /* d */ \" */ e"), ["a", "e"]);
    }

    #[test]
    fn strings_are_not_code() {
        assert_eq!(words(r##"a "b \" c" r"d" r#"e " f"# b"g" br#"h"# i"##), ["a", "b", "i"]);
    }

    #[test]
    fn characters_and_lifetimes_are_not_code() {
        assert_eq!(words(r"a '{' '\'' '\u{41}' '\\' &'static str b"), ["a", "&", "str", "b"]);
    }

    #[test]
    fn words_that_start_like_raw_strings_are_words() {
        assert_eq!(words("r#type broker r br c"), ["r", "#", "type", "broker", "r", "br", "c"]);
    }

    #[test]
    fn tokens_know_their_lines() {
        let lines: Vec<_> = tokens("a\n\"\n\"\n/*\n*/ b::c").iter().map(|token| token.line).collect();
        assert_eq!(lines, [1, 5, 5, 5]);
    }
}

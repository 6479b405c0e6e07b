//! How large things are, and what stands at their heads.

use std::fmt;

use crate::source::{Source, Token};

/// Lines of one file: more than this is more than one subject.
const FILE_LINES: usize = 500;

/// Lines of one function: what can be seen at a glance.
const FUNCTION_LINES: usize = 70;

/// Folders between `src` and a file.
const FOLDERS: usize = 3;

/// Lines of the README.
const README_LINES: usize = 150;

/// What a scenario is called, and the output recorded for it.
const SCENARIO: &str = ".jsonl";
const OUTPUT: &str = ".out.jsonl";

/// A function of a file.
#[derive(Debug, PartialEq, Eq)]
struct Function {
    name: String,
    first: usize,
    last: usize,
}

impl Function {
    fn lines(&self) -> usize {
        self.last + 1 - self.first
    }
}

/// How long each function of a file is.
pub fn function_sizes(source: &Source) -> Vec<usize> {
    functions(&source.tokens).iter().map(Function::lines).collect()
}

/// Complaints about a file that is too long and functions that are.
pub fn oversized(source: &Source) -> Vec<String> {
    let path = &source.path;
    let file = (source.lines() > FILE_LINES).then(|| {
        let lines = source.lines();
        format!(
            "{path}: has {lines} lines, {FILE_LINES} at most; split it by subject, tests into tests.rs first"
        )
    });
    let long = functions(&source.tokens).into_iter().filter(|function| function.lines() > FUNCTION_LINES);
    let functions = long.map(|function| {
        let (name, first, lines) = (&function.name, function.first, function.lines());
        format!("{path}:{first}: {name} has {lines} lines, {FUNCTION_LINES} at most; give its steps names of their own")
    });
    file.into_iter().chain(functions).collect()
}

/// A complaint about a file that does not start with its purpose.
pub fn without_header(source: &Source) -> Option<String> {
    let says = source.text.lines().next().is_some_and(|line| line.starts_with("//! ") && line.len() > 4);
    (!says).then(|| {
        format!(
            "{}:1: start with a `//!` line that says what this is for, and what may not be in it",
            source.path
        )
    })
}

/// A complaint about a file that lies too deep.
pub fn too_deep(source: &Source) -> Option<String> {
    let folders = source.below_src().matches('/').count();
    (folders > FOLDERS)
        .then(|| format!("{}: lies {folders} folders deep, {FOLDERS} at most; move it up", source.path))
}

/// Complaints about scenarios without output, and outputs without scenario.
pub fn unpaired_scenarios(names: &[String]) -> Vec<String> {
    let stem = |name: &str, ending: &str| name.strip_suffix(ending).map(str::to_owned);
    let complaint = |name: &String| match (stem(name, OUTPUT), stem(name, SCENARIO)) {
        (Some(stem), _) => (!names.contains(&format!("{stem}{SCENARIO}")))
            .then(|| format!("tests/scenarios/{name}: belongs to no scenario; remove it")),
        (None, Some(stem)) => (!names.contains(&format!("{stem}{OUTPUT}"))).then(|| {
            format!(
                "tests/scenarios/{name}: has no {stem}{OUTPUT}; run `make fix`, and read what it recorded"
            )
        }),
        (None, None) => None,
    };
    names.iter().filter_map(complaint).collect()
}

/// A complaint about a README that is more than a page.
pub fn long_readme(text: &str) -> Option<String> {
    let lines = text.lines().count();
    (lines > README_LINES)
        .then(|| format!("README.md: has {lines} lines, {README_LINES} at most; move what is not for newcomers to the crate docs"))
}

/// The functions that have a body, in order of their first lines.
fn functions(tokens: &[Token]) -> Vec<Function> {
    let starts = tokens.windows(2).enumerate().filter(|(_, pair)| pair[0].text == "fn" && pair[1].is_word());
    starts
        .filter_map(|(at, pair)| {
            let body = at + body_of(&tokens[at..])?;
            let last = end_of_block(&tokens[body..])?;
            Some(Function { name: pair[1].text.clone(), first: pair[0].line, last })
        })
        .collect()
}

/// Where the body of the function that starts here opens; nowhere if it ends with a semicolon.
fn body_of(tokens: &[Token]) -> Option<usize> {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate() {
        match token.text.as_str() {
            "(" | "[" => depth += 1,
            ")" | "]" => depth -= 1,
            "{" if depth == 0 => return Some(at),
            ";" if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

/// The line on which the block that starts here closes.
fn end_of_block(tokens: &[Token]) -> Option<usize> {
    let mut depth = 0;
    for token in tokens {
        match token.text.as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(token.line);
        }
    }
    None
}

/// How the sizes of many things are spread.
pub struct Sizes(Vec<usize>);

impl Sizes {
    /// The sizes of these things.
    pub fn of(sizes: impl Iterator<Item = usize>) -> Self {
        let mut sizes: Vec<_> = sizes.collect();
        sizes.sort_unstable();
        Self(sizes)
    }

    fn at(&self, percent: usize) -> usize {
        let last = self.0.len().saturating_sub(1);
        self.0.get(last * percent / 100).copied().unwrap_or_default()
    }
}

impl fmt::Display for Sizes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (median, most, largest) = (self.at(50), self.at(90), self.at(100));
        write!(
            f,
            "{} with {median} lines in the middle, nine of ten up to {most}, the largest {largest}",
            self.0.len()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(String, usize)> {
        functions(&Source::new("src/a.rs", text).tokens)
            .into_iter()
            .map(|f| (f.name.clone(), f.lines()))
            .collect()
    }

    fn unpaired(names: &[&str]) -> usize {
        unpaired_scenarios(&names.iter().map(|name| name.to_string()).collect::<Vec<_>>()).len()
    }

    #[test]
    fn functions_are_measured_from_fn_to_brace() {
        let text = "fn a() {}\nfn b<T>(x: [u8; 2]) -> T\nwhere\n    T: Fn(),\n{\n    \"}\"; // }\n    { fn c() {} }\n}\n";
        assert_eq!(found(text), [("a".into(), 1), ("b".into(), 7), ("c".into(), 1)]);
    }

    #[test]
    fn declarations_and_types_are_no_functions() {
        assert_eq!(found("trait A { fn b(&self) -> [u8; 3]; }\ntype C = fn(u8) -> u8;\nfn $name() {}"), []);
    }

    #[test]
    fn long_files_and_functions_are_named() {
        let body = "    let x = 1;\n".repeat(69);
        let fits = Source::new("src/a.rs", format!("fn fits() {{\n{}}}\n", &body[15..]));
        assert_eq!(oversized(&fits), Vec::<String>::new());
        let long = Source::new("src/a.rs", format!("\nfn long() {{\n{body}}}\n"));
        assert!(oversized(&long).concat().starts_with("src/a.rs:2: long has 71 lines"));
        assert_eq!(oversized(&Source::new("src/a.rs", "\n".repeat(501))).len(), 1);
    }

    #[test]
    fn a_header_is_the_first_line() {
        assert_eq!(without_header(&Source::new("src/a.rs", "//! What it is for.\n")), None);
        assert!(without_header(&Source::new("src/a.rs", "\n//! Too late.")).is_some());
        assert!(without_header(&Source::new("src/a.rs", "//!\n")).is_some());
        assert!(without_header(&Source::new("src/a.rs", "")).is_some());
    }

    #[test]
    fn four_folders_are_too_deep() {
        assert_eq!(too_deep(&Source::new("src/a/b/c/d.rs", "")), None);
        assert!(too_deep(&Source::new("src/a/b/c/d/e.rs", "")).is_some());
    }

    #[test]
    fn scenarios_come_in_pairs() {
        assert_eq!(unpaired(&["a.jsonl", "a.out.jsonl", "notes.md"]), 0);
        assert_eq!(unpaired(&["a.jsonl", "b.out.jsonl"]), 2);
    }

    #[test]
    fn a_readme_of_one_page_is_fine() {
        assert_eq!(long_readme(&"line\n".repeat(150)), None);
        assert!(long_readme(&"line\n".repeat(151)).is_some());
    }

    #[test]
    fn sizes_know_their_middle() {
        assert_eq!(
            Sizes::of([9, 1, 5].into_iter()).to_string(),
            "3 with 5 lines in the middle, nine of ten up to 5, the largest 9"
        );
        assert!(Sizes::of(std::iter::empty()).to_string().starts_with("0 with 0 lines"));
    }
}

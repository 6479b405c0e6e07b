//! Which module may name which: the layers of the crate, and the names reserved for one place.

use crate::source::{Source, Token};

/// The modules of the crate from the bottom up: each may name its own line and the lines above it here.
const LAYERS: &[&[&str]] = &[
    &["ids", "limits", "error", "timestamp"],
    &["domain"],
    &["routing"],
    &["clock"],
    &["storage"],
    &["actors"],
    &["engine"],
    &["requests"],
    &["protocol"],
    &["fuzzing"],
    &["load", "simulation"],
    &["ffi"],
    &["cli"],
    &["lib", "bin"],
];

/// Where a name may stand, as paths below `src` without `.rs`.
enum Where {
    OnlyIn(&'static [&'static str]),
    NotIn(&'static [&'static str]),
}

use Where::{NotIn, OnlyIn};

/// Modules that only compute.
const PURE: Where = NotIn(&["ids", "limits", "error", "timestamp", "domain", "routing"]);
const CLOCK: Where = OnlyIn(&["clock", "load", "cli", "bin"]);
const ACTORS: Where = OnlyIn(&["actors", "engine"]);
const CHANCE: Where = OnlyIn(&["load"]);
const SCREEN: Where = OnlyIn(&["cli", "bin"]);

const PURE_WHY: &str = "these modules only compute: take what you need as an argument or in the context";
const CLOCK_WHY: &str = "time comes from one clock: take it from the context, or ask crate::clock";
const ACTORS_WHY: &str = "actors are an inner matter of actors/ and engine/: offer a plain function there";
const CHANCE_WHY: &str = "the engine leaves nothing to chance: only load/ draws random numbers, from a seed";
const SCREEN_WHY: &str = "the library does not touch the screen: return it, or use tracing";
const DONE_WHY: &str = "finish it, or reject with a sentence for people";

/// Paths that are reserved for one place, or banned from some.
const RESERVED_PATHS: &[(&str, Where, &str)] = &[
    ("rocksdb", OnlyIn(&["storage/rocks"]), "say what you need in the words of storage/"),
    ("bincode", OnlyIn(&["storage/codec"]), "encode and decode through storage/codec, which sets the limits"),
    ("base64", OnlyIn(&["domain/file"]), "contents of files are read and shown by domain/file"),
    ("sha2", OnlyIn(&["domain/file"]), "contents of files are named by domain/file"),
    ("deunicode", OnlyIn(&["domain/fold"]), "ask domain/fold, which says how texts are compared"),
    ("emojis", OnlyIn(&["domain/emoji"]), "ask domain/emoji, which says what a short code is"),
    ("mimalloc", OnlyIn(&["bin"]), "the allocator is the host's choice: only programs set one"),
    ("actix", ACTORS, ACTORS_WHY),
    ("actix_rt", ACTORS, ACTORS_WHY),
    ("rand", CHANCE, CHANCE_WHY),
    ("rand_chacha", CHANCE, CHANCE_WHY),
    ("rand_distr", CHANCE, CHANCE_WHY),
    ("Instant::now", CLOCK, CLOCK_WHY),
    ("SystemTime::now", CLOCK, CLOCK_WHY),
    ("Timestamp::now", CLOCK, CLOCK_WHY),
    ("Zoned::now", CLOCK, CLOCK_WHY),
    ("Instant", PURE, PURE_WHY),
    ("SystemTime", PURE, PURE_WHY),
    ("tokio", PURE, PURE_WHY),
    ("crossbeam_channel", PURE, PURE_WHY),
    ("std::fs", PURE, PURE_WHY),
    ("std::io", PURE, PURE_WHY),
    ("std::net", PURE, PURE_WHY),
    ("std::process", PURE, PURE_WHY),
    ("std::thread", PURE, PURE_WHY),
];

/// Macros that are reserved for one place.
const RESERVED_MACROS: &[(&str, Where, &str)] = &[
    ("print", SCREEN, SCREEN_WHY),
    ("println", SCREEN, SCREEN_WHY),
    ("eprint", SCREEN, SCREEN_WHY),
    ("eprintln", SCREEN, SCREEN_WHY),
    ("dbg", OnlyIn(&[]), "remove it"),
    ("todo", OnlyIn(&[]), DONE_WHY),
    ("unimplemented", OnlyIn(&[]), DONE_WHY),
];

impl Where {
    fn allows(&self, file: &str) -> bool {
        let within = |place: &&str| {
            file.strip_prefix(*place).is_some_and(|rest| rest.starts_with('/') || rest.starts_with('.'))
        };
        match self {
            OnlyIn(places) => places.iter().any(within),
            NotIn(places) => !places.iter().any(within),
        }
    }
}

/// A path as the code names it: paths into the crate start with `crate`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Path {
    segments: Vec<String>,
    line: usize,
}

impl Path {
    fn names(&self, name: &str) -> bool {
        let wanted: Vec<_> = name.split("::").collect();
        self.segments.windows(wanted.len()).any(|window| window == wanted)
    }
}

/// Complaints about imports that point upwards, or at nothing that has a layer.
pub fn against_direction(source: &Source) -> Vec<String> {
    let Some(own) = layer_of(top_module(source)) else {
        let what = format!("{}: this module has no layer", source.path);
        return vec![format!("{what}; give it its place in LAYERS in tests/tidy/imports.rs")];
    };
    let upwards = |path: &Path| {
        let [first, target, ..] = path.segments.as_slice() else { return None };
        if first != "crate" {
            return None;
        }
        let place = format!("{}:{}: ", source.path, path.line);
        match layer_of(target) {
            None => {
                Some(format!("{place}crate::{target} is no module; name the module in which it is defined"))
            }
            Some(layer) if layer > own => Some(format!(
                "{place}{} may not use crate::{target}, which is built on top of it; move what both need down, \
                 or take it as an argument",
                top_module(source)
            )),
            Some(_) => None,
        }
    };
    paths(source).iter().filter_map(upwards).collect()
}

/// Complaints about names that stand where they do not belong.
pub fn misplaced_names(source: &Source) -> Vec<String> {
    let file = source.below_src();
    let mut complaints = Vec::new();
    let mut complain = |line: usize, name: &str, why: &str| {
        complaints.push(format!("{}:{line}: {name} does not belong here; {why}", source.path));
    };
    for path in paths(source) {
        let misplaced =
            RESERVED_PATHS.iter().filter(|(name, place, _)| path.names(name) && !place.allows(file));
        misplaced.for_each(|(name, _, why)| complain(path.line, name, why));
    }
    for pair in source.tokens.windows(2).filter(|pair| pair[1].text == "!") {
        let called =
            RESERVED_MACROS.iter().find(|(name, place, _)| pair[0].text == *name && !place.allows(file));
        called.into_iter().for_each(|(name, _, why)| complain(pair[0].line, &format!("{name}!"), why));
    }
    complaints
}

fn layer_of(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

fn top_module(source: &Source) -> &str {
    source.below_src().split(['/', '.']).next().unwrap_or_default()
}

/// The module that a file is, from the crate's root.
fn module_of(source: &Source) -> Vec<String> {
    let mut module: Vec<_> =
        source.below_src().trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    module.pop_if(|last| last == "mod" || last == "lib");
    module
}

/// All paths of two and more names, in imports and elsewhere.
fn paths(source: &Source) -> Vec<Path> {
    let tokens = &source.tokens;
    let mut module = module_of(source);
    let mut inline = Vec::new();
    let mut depth = 0;
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        if let [keyword, name, brace, ..] = &tokens[at..]
            && keyword.text == "mod"
            && brace.text == "{"
        {
            module.push(name.text.clone());
            inline.push(depth);
            at += 2;
            continue;
        }
        match token.text.as_str() {
            "{" => depth += 1,
            "}" => {
                depth -= 1;
                if inline.pop_if(|opened| *opened == depth).is_some() {
                    module.pop();
                }
            }
            _ if starts_path(tokens, at) => {
                let mut here = Vec::new();
                at = expand(tokens, at, &[], &mut here);
                here.retain(|path| path.segments.len() > 1);
                found.extend(here.into_iter().map(|path| resolved(path, &module)));
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// Whether a path starts at this word: it does not go on from another one, and is no field or method.
fn starts_path(tokens: &[Token], at: usize) -> bool {
    let before = |back: usize| at.checked_sub(back).map(|at| &tokens[at]);
    let goes_on = before(1).is_some_and(|token| token.text == "::")
        && before(2).is_some_and(|token| token.is_word() || token.text == ">");
    tokens[at].is_word() && !goes_on && before(1).is_none_or(|token| token.text != ".")
}

/// Takes the path at `at`, with the groups of an import spread out, and says where it ends.
fn expand(tokens: &[Token], mut at: usize, prefix: &[String], found: &mut Vec<Path>) -> usize {
    let mut segments = prefix.to_vec();
    while let Some(token) = tokens.get(at) {
        if token.text == "{" {
            return expand_group(tokens, at + 1, &segments, found);
        }
        segments.push(token.text.clone());
        at += 1;
        let goes_on = tokens.get(at).is_some_and(|token| token.text == "::")
            && tokens.get(at + 1).is_some_and(|token| token.is_word() || ["{", "*"].contains(&&*token.text));
        if !goes_on {
            found.push(Path { segments, line: token.line });
            break;
        }
        at += 1;
    }
    at
}

fn expand_group(tokens: &[Token], mut at: usize, prefix: &[String], found: &mut Vec<Path>) -> usize {
    while let Some(token) = tokens.get(at) {
        at = match token.text.as_str() {
            "}" => return at + 1,
            "," => at + 1,
            "as" => at + 2,
            _ => expand(tokens, at, prefix, found),
        };
    }
    at
}

/// The same path from the crate's root, if it starts with `self` or `super`.
fn resolved(path: Path, module: &[String]) -> Path {
    let ups = path.segments.iter().take_while(|segment| *segment == "super").count();
    let selfs = usize::from(path.segments[0] == "self");
    if ups + selfs == 0 {
        return path;
    }
    let above = &module[..module.len().saturating_sub(ups)];
    let root = std::iter::once("crate".to_owned());
    let rest = path.segments.iter().skip(ups + selfs).cloned();
    Path { segments: root.chain(above.iter().cloned()).chain(rest).collect(), line: path.line }
}

#[cfg(test)]
#[path = "imports_tests.rs"]
mod tests;

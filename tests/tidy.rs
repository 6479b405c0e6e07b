//! Keeps the house tidy: import direction, reserved names, sizes, module headers, scenario outputs.
//!
//! Each test here reads the sources as text and fails with sentences that say what to do.

#[path = "tidy/imports.rs"]
mod imports;
#[path = "tidy/shape.rs"]
mod shape;
#[path = "tidy/source.rs"]
mod source;

use source::Source;

/// Fails with one line per complaint.
#[track_caller]
fn assert_tidy(complaints: &[String]) {
    assert!(complaints.is_empty(), "{} to tidy up:\n  {}\n", complaints.len(), complaints.join("\n  "));
}

#[test]
fn imports_point_downwards() {
    let complaints: Vec<_> = Source::read_all(&["src"]).iter().flat_map(imports::against_direction).collect();
    assert_tidy(&complaints);
}

#[test]
fn reserved_names_stay_where_they_belong() {
    let complaints: Vec<_> = Source::read_all(&["src"]).iter().flat_map(imports::misplaced_names).collect();
    assert_tidy(&complaints);
}

#[test]
fn files_and_functions_stay_small() {
    let sources = Source::read_all(&["src", "tests", "benches", "examples"]);
    println!("files:     {}", shape::Sizes::of(sources.iter().map(Source::lines)));
    println!("functions: {}", shape::Sizes::of(sources.iter().flat_map(shape::function_sizes)));
    assert_tidy(&sources.iter().flat_map(shape::oversized).collect::<Vec<_>>());
}

#[test]
fn every_module_says_what_it_is_for() {
    let sources = Source::read_all(&["src", "tests", "benches", "examples"]);
    assert_tidy(&sources.iter().filter_map(shape::without_header).collect::<Vec<_>>());
}

#[test]
fn folders_stay_shallow() {
    assert_tidy(&Source::read_all(&["src"]).iter().filter_map(shape::too_deep).collect::<Vec<_>>());
}

#[test]
fn every_scenario_has_its_recorded_output() {
    assert_tidy(&shape::unpaired_scenarios(&source::names_in("tests/scenarios")));
}

#[test]
fn the_readme_stays_one_page() {
    let readme = std::fs::read_to_string(source::root().join("README.md")).expect("README.md is there");
    assert_tidy(&shape::long_readme(&readme).into_iter().collect::<Vec<_>>());
}

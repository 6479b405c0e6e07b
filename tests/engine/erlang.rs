//! Replays through a whole engine against Erlang's formulas, and against the engine's own figures.

use centrala::domain::query::Stats;
use centrala::engine::{ClockMode, Durability, Engine, Settings};
use centrala::load::agreement::Case;
use centrala::load::replay::{ReplayScript, Tally};
use tempfile::TempDir;

use crate::house::{id, to_json};
use crate::time_limit::in_time;

/// Plays about so many arrivals of a case through an engine, which stays open.
fn play(case: &Case, arrivals: u32, seed: u64) -> (Tally, Engine, TempDir) {
    let plan = case.plan(arrivals, seed);
    let directory = tempfile::tempdir().unwrap();
    let engine = Engine::builder(directory.path())
        .settings(Settings::default().durability(Durability::None))
        .clock(ClockMode::Virtual { start: plan.start() })
        .open()
        .unwrap();
    let (script, progress) = ReplayScript::new(&plan).unwrap();
    pollster::block_on(engine.run_script(script)).unwrap();
    let tally = progress.outcome().unwrap().clone().unwrap();
    (tally, engine, directory)
}

fn agrees(case: Case, seed: u64) {
    in_time(move || {
        let (tally, engine, _directory) = play(&case, 8_400, seed);
        for measure in case.measures(&tally) {
            assert!(measure.agrees(), "{case:?}: {measure:?}");
            // An error so large that everything agrees would prove nothing.
            assert!(measure.error < 0.6 * measure.expected, "{measure:?}");
        }
        figures_agree(&engine, &tally);
        engine.close_blocking().unwrap();
    });
}

/// The engine's own figures are those that the replay has counted from outside.
fn figures_agree(engine: &Engine, tally: &Tally) {
    let ask = |channel: Option<&str>| {
        let stats =
            Stats { channel: channel.map(id), threshold_ms: Some(tally.threshold_ms()), ..Stats::default() };
        to_json(&pollster::block_on(engine.stats(stats)).unwrap())
    };
    let all = ask(None);
    assert_eq!(all, ask(Some("replay")));
    assert_eq!(all["offered"], tally.arrivals);
    assert_eq!((&all["answered"], &all["abandoned"]), (&tally.answered.into(), &tally.abandoned.into()));
    assert_eq!(all["asa_ms"], tally.wait_ms / tally.answered);
    assert_eq!(all["aht_ms"], tally.handling_ms / tally.answered);
    let level = tally.within as f64 / (tally.answered + tally.abandoned) as f64;
    assert!((all["service_level"].as_f64().unwrap() - level).abs() < 1e-9, "{all}, not {level}");
    let occupancy = tally.handling_ms as f64 / tally.online_ms as f64;
    assert!((all["occupancy"].as_f64().unwrap() - occupancy).abs() < 1e-9, "{all}, not {occupancy}");
}

#[test]
fn patient_clients_wait_as_erlang_c_says() {
    agrees(Case::of(10, 8.0, None), 1);
}

#[test]
fn impatient_clients_leave_as_erlang_a_says() {
    agrees(Case::of(10, 12.0, Some(90_000)), 1);
}

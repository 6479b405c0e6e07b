//! The script against a model of an engine, against Erlang's formulas, and against broken engines.

use proptest::prelude::*;

use super::model::play;
use super::{ReplayPlan, ReplayScript, Tally};
use crate::domain::dialog::CloseReason;
use crate::domain::reply::{Received, Reply};
use crate::engine::{Observation, Script, Step};
use crate::error::{Code, Rejection};
use crate::ids::{DialogId, MessageId, OperatorId};
use crate::load::arrivals::Spread;
use crate::load::distributions::{Durations, Shape};
use crate::load::erlang;
use crate::load::recording::Recording;
use crate::load::staffing::Operators;
use crate::timestamp::Timestamp;

const START: &str = "2026-01-01T08:00:00Z";

/// A recording with one row every `minutes`.
fn recording(minutes: u64, counts: &[u32]) -> Recording {
    let start = Timestamp::parse(START).unwrap();
    let row = |(place, count): (usize, &u32)| {
        format!("{},{count}\n", start.plus_ms(minutes * 60_000 * place as u64))
    };
    let rows: String = counts.iter().enumerate().map(row).collect();
    Recording::read(format!("DateTime,Calls\n{rows}").as_bytes()).unwrap()
}

fn plan(recording: Recording, operators: u32, handling_ms: u64) -> ReplayPlan {
    let mut plan = ReplayPlan::new(recording);
    plan.operators = Operators::Fixed(operators);
    plan.handling.mean_ms = handling_ms;
    plan
}

fn near(value: f64, expected: f64, tolerance: f64) {
    assert!((value - expected).abs() <= tolerance, "{value} is not {expected}");
}

#[test]
fn a_small_day_is_counted_by_hand() {
    // One operator; arrivals at 0:00, 0:30, 1:00 and 1:30, each handled for a minute.
    let mut plan = plan(recording(2, &[4, 0]), 1, 60_000);
    plan.spread = Spread::Even;
    plan.handling.shape = Shape::Constant;
    let tally = play(&plan).unwrap();
    assert_eq!((tally.arrivals, tally.answered, tally.abandoned, tally.waited), (4, 4, 0, 3));
    assert_eq!((tally.wait_ms, tally.longest_wait_ms, tally.within), (30_000 + 60_000 + 90_000, 90_000, 1));
    assert_eq!((tally.handling_ms, tally.online_ms, tally.operators_max), (240_000, 240_000, 1));
    assert_eq!(tally.intervals[0].answered, 4);
}

#[test]
fn who_is_out_of_patience_leaves_and_is_not_answered() {
    let mut plan = plan(recording(2, &[400, 0]), 1, 600_000);
    plan.patience_ms = Some(1000);
    let tally = play(&plan).unwrap();
    assert_eq!(tally.answered + tally.abandoned, 400);
    assert!(tally.abandoned > 390, "{}", tally.abandoned);
    assert_eq!(tally.intervals[0].abandoned as u64, tally.abandoned);
}

#[test]
fn nobody_goes_home_while_somebody_waits() {
    // The day ends after four minutes with a queue of more than an hour.
    let tally = play(&plan(recording(2, &[100, 0]), 2, 120_000)).unwrap();
    assert_eq!(tally.answered, 100);
    assert!(tally.longest_wait_ms > 3_000_000);
    assert!(tally.online_ms >= tally.handling_ms, "occupancy never exceeds 1");
}

#[test]
fn the_night_is_not_counted_as_time_online() {
    let rows =
        "2026-01-01T08:00:00Z,5\n2026-01-01T09:00:00Z,5\n2026-01-05T08:00:00Z,5\n2026-01-05T09:00:00Z,5\n";
    let recording = Recording::read(format!("DateTime,Calls\n{rows}").as_bytes()).unwrap();
    let tally = play(&plan(recording, 3, 1000)).unwrap();
    assert!((12 * 3_600_000..12 * 3_600_000 + 20_000).contains(&tally.online_ms), "{}", tally.online_ms);
}

#[test]
fn waits_agree_with_erlang_c() {
    let day = 8 * 1440; // Eight clients a minute, a minute each: a load of 8 on 10 operators.
    let tally = play(&plan(recording(1440 * 8, &[day * 8, day * 8]), 10, 60_000)).unwrap();
    let arrivals = tally.arrivals as f64;
    near(tally.waited as f64 / arrivals, erlang::erlang_c(10, 8.0), 0.015);
    near(tally.wait_ms as f64 / arrivals, erlang::average_speed_of_answer(10, 8.0, 60_000.0), 900.0);
    near(tally.within as f64 / arrivals, erlang::service_level(10, 8.0, 60_000.0, 20_000.0), 0.012);
    near(tally.handling_ms as f64 / tally.online_ms as f64, 0.8, 0.01);
}

#[test]
fn impatience_agrees_with_erlang_a() {
    let mut plan = plan(recording(1440 * 4, &[12 * 1440 * 4, 12 * 1440 * 4]), 10, 60_000);
    plan.patience_ms = Some(90_000);
    let tally = play(&plan).unwrap();
    let expected = erlang::erlang_a(10, 12.0, 60_000.0, 90_000.0);
    let arrivals = tally.arrivals as f64;
    near(tally.waited as f64 / arrivals, expected.p_wait, 0.01);
    near(tally.abandoned as f64 / arrivals, expected.p_abandon, 0.01);
    near(tally.handling_ms as f64 / tally.online_ms as f64, expected.occupancy, 0.01);
}

#[test]
fn operators_with_room_for_three_are_three_operators() {
    let mut shared = plan(recording(60, &[300, 300]), 4, 60_000);
    shared.capacity = 3;
    let (shared, single) =
        (play(&shared).unwrap(), play(&plan(recording(60, &[300, 300]), 12, 60_000)).unwrap());
    assert_eq!((shared.wait_ms, shared.waited), (single.wait_ms, single.waited));
}

#[test]
fn a_day_of_the_bank_staffed_by_erlang_c_keeps_the_promise() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/bank_calls.csv");
    let recording = Recording::open(std::path::Path::new(file)).unwrap().first_days(1);
    let tally = play(&ReplayPlan::new(recording)).unwrap();
    let level = tally.within as f64 / tally.arrivals as f64;
    assert_eq!(tally.answered, tally.arrivals);
    assert!((0.75..0.99).contains(&level), "{level}");
}

#[test]
fn other_staff_or_patience_moves_no_arrival_and_no_handling_time() {
    let base = plan(recording(30, &[200, 300]), 20, 60_000);
    let total = |change: fn(&mut ReplayPlan)| {
        let mut plan = base.clone();
        change(&mut plan);
        play(&plan).unwrap().handling_ms
    };
    let few = total(|plan| plan.operators = Operators::Fixed(5));
    assert_eq!(few, total(|_| ()));
    assert_eq!(few, total(|plan| plan.patience_ms = Some(10_000_000_000)));
    assert_ne!(few, total(|plan| plan.seed = 2));
}

/// The failure when the engine does `seen` after the steps of the set-up and one operator coming.
fn failure(seen: impl Fn(u64) -> Vec<Observation>) -> String {
    let (mut script, progress) = ReplayScript::new(&plan(recording(2, &[4, 0]), 1, 60_000)).unwrap();
    let (mut now, mut given, mut step) = (Timestamp::from_millis(0), Vec::new(), 0);
    while let Step::Do { at, .. } = script.next(now, &given) {
        now = at;
        step += 1;
        given = if step <= 3 { vec![Observation::Replied(Ok(Reply::Done))] } else { seen(step - 3) };
        assert!(step < 100, "the script does not stop");
    }
    assert!(matches!(script.next(now, &given), Step::Done));
    progress.outcome().unwrap().clone().unwrap_err().to_string()
}

fn received(dialog: u64, opened: bool) -> Observation {
    let (dialog, message) = (DialogId(dialog), MessageId(1));
    Observation::Replied(Ok(Reply::Received(Received { dialog, message, opened, duplicate: false })))
}

fn answered(operator: &str) -> Observation {
    Observation::Answered { dialog: DialogId(1), operator: OperatorId::new(operator).unwrap() }
}

#[test]
fn an_engine_that_breaks_a_promise_stops_the_replay() {
    let first = "operator-00001";
    let rejection = || Observation::Replied(Err(Rejection::new(Code::ChannelNotFound, "no such channel")));
    for (seen, reason) in [
        (vec![rejection()], "Arrive was rejected: channel_not_found: no such channel"),
        (vec![received(1, false)], "arrival 1 did not open a dialog"),
        (vec![Observation::Replied(Ok(Reply::Done))], "arrival 1 did not open a dialog"),
        (vec![received(1, true)], "1 dialogs wait although an operator is free"),
        (vec![received(1, true), answered("somebody")], "somebody is no operator of this replay"),
        (vec![received(1, true), answered(first), answered(first)], "dialog 1 was answered twice"),
        (vec![received(1, true), received(1, true)], "a reply came to a command that was not sent"),
        (
            vec![received(1, true), Observation::Closed { dialog: DialogId(1), reason: CloseReason::Spam }],
            "dialog 1 was waiting and closed as Spam",
        ),
    ] {
        let text = failure(|_| seen.clone());
        assert!(text.contains(reason), "{text}");
        assert!(text.starts_with("the replay stopped at 2026-01-01T08:00:"), "{text}");
    }
}

#[test]
fn an_operator_above_capacity_and_a_dialog_given_twice_stop_the_replay() {
    let other = |dialog| {
        let operator = OperatorId::new("operator-00001").unwrap();
        Observation::Answered { dialog: DialogId(dialog), operator }
    };
    assert!(failure(|step| vec![received(step, true), other(step)]).contains("above its capacity of 1"));
    assert!(failure(|_| vec![received(1, true), other(1)]).contains("which is another's"));
}

#[test]
fn whoever_finds_the_queue_full_is_turned_away() {
    let mut plan = plan(recording(2, &[4, 0]), 1, 60_000);
    plan.max_waiting = Some(0);
    let play = |code: Code| {
        let (mut script, progress) = ReplayScript::new(&plan).unwrap();
        let (mut now, mut given) = (Timestamp::from_millis(0), Vec::new());
        while let Step::Do { at, request } = script.next(now, &given) {
            now = at;
            let arrives = matches!(request.command, crate::domain::command::Command::Receive(_));
            let rejection = Rejection::new(code, "not now");
            given = vec![Observation::Replied(if arrives { Err(rejection) } else { Ok(Reply::Done) })];
        }
        progress.outcome().unwrap().clone()
    };
    assert!(play(Code::Conflict).is_err(), "any other rejection is none that was asked for");
    let tally = play(Code::QueueFull).unwrap();
    assert_eq!((tally.arrivals, tally.turned_away, tally.answered), (4, 4, 0));
}

#[test]
fn a_clock_past_the_start_is_refused() {
    let (mut script, progress) = ReplayScript::new(&plan(recording(2, &[4, 0]), 1, 60_000)).unwrap();
    let late = Timestamp::parse("2026-01-01T08:00:00.001Z").unwrap();
    assert!(matches!(script.next(late, &[]), Step::Done));
    assert!(progress.outcome().unwrap().clone().unwrap_err().reason.contains("the clock is past"));
}

#[test]
fn settings_out_of_range_are_refused_by_name() {
    let refused = |change: fn(&mut ReplayPlan)| {
        let mut plan = plan(recording(2, &[4, 0]), 1, 60_000);
        change(&mut plan);
        ReplayScript::new(&plan).map(|_| ()).unwrap_err().to_string()
    };
    assert!(refused(|plan| plan.handling.mean_ms = 0).contains("the setting handle_ms is wrong"));
    assert!(refused(|plan| plan.patience_ms = Some(0)).contains("patience_ms"));
    assert!(refused(|plan| plan.capacity = 0).contains("capacity"));
    assert!(refused(|plan| plan.operators = Operators::Fixed(0)).contains("operators"));
    assert!(refused(|plan| plan.handling.mean_ms = u64::MAX).contains("handle_ms"));
}

#[test]
fn a_recording_without_arrivals_ends_at_once_and_well() {
    let tally = play(&plan(recording(2, &[0, 0]), 2, 60_000)).unwrap();
    assert_eq!((tally.arrivals, tally.handling_ms), (0, 0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_arrival_is_answered_or_leaves_whatever_the_plan(
        counts in prop::collection::vec(0u32..60, 1..8), operators in 1u32..6, auto: bool, capacity in 1u32..4,
        patience in prop::option::of(1u64..120_000), handling_ms in 1u64..200_000, shape in 0usize..3, seed: u64,
    ) {
        let recording = recording(5, &counts);
        let mut plan = ReplayPlan::new(recording);
        if !auto {
            plan.operators = Operators::Fixed(operators);
        }
        let shape = [Shape::Exponential, Shape::Constant, Shape::Lognormal][shape];
        plan.handling = Durations { shape, mean_ms: handling_ms };
        (plan.capacity, plan.patience_ms, plan.seed) = (capacity, patience, seed);
        let tally = play(&plan).unwrap();
        prop_assert_eq!(tally.arrivals, plan.recording.arrivals());
        prop_assert_eq!(tally.answered + tally.abandoned, tally.arrivals);
        prop_assert!(tally.within <= tally.answered && tally.waited <= tally.arrivals);
        prop_assert_eq!(tally.waits.len(), tally.answered);
        prop_assert!(capacity > 1 || tally.handling_ms <= tally.online_ms);
        let arrivals = |tally: &Tally| tally.intervals.iter().map(|interval| interval.arrivals).collect::<Vec<_>>();
        prop_assert_eq!(arrivals(&tally), counts);
        prop_assert_eq!(play(&plan).unwrap().wait_ms, tally.wait_ms);
    }
}

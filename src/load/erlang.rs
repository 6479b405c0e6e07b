//! Erlang's formulas: how long clients wait when so many operators handle so much. Pure arithmetic.
//!
//! Clients arrive independently at a rate `λ`; handling takes an exponential time with mean `h`, so
//! the offered load is `a = λ·h` erlangs; there are `c` servers (operators times the dialogs that one
//! handles at once), and nobody is served before somebody who came earlier. Times may have any unit,
//! as long as it is the same one.
//!
//! | | if nobody is free, a client | exact when |
//! |---|---|---|
//! | Erlang B | is turned away | any distribution of handling |
//! | Erlang C | waits as long as it takes | handling is exponential |
//! | Erlang A | waits until an exponential patience runs out | handling is exponential |
//!
//! Sources: A. K. Erlang, "Solution of some problems in the theory of probabilities of significance
//! in automatic telephone exchanges" (1917), for B and C; C. Palm, "Research on telephone traffic
//! carried by full availability groups" (1957), in the form of A. Mandelbaum and S. Zeltyn, "Service
//! engineering in action: the Palm/Erlang-A queue, with applications to call centers" (2007).

/// The share of arrivals that find all `servers` busy, if those are turned away.
///
/// `B(0) = 1`, `B(c) = a·B(c−1) ÷ (c + a·B(c−1))`: no factorial, so nothing overflows.
pub fn erlang_b(servers: u32, load: f64) -> f64 {
    (1..=servers).fold(1.0, |blocked, server| blocked_with(blocked, server, load))
}

/// `B(c)` from `B(c−1)`.
fn blocked_with(blocked: f64, server: u32, load: f64) -> f64 {
    load * blocked / (f64::from(server) + load * blocked)
}

/// The share of arrivals that wait, if everybody waits until they are served.
///
/// `C = B ÷ (1 − ρ·(1 − B))` with `ρ = a ÷ c`. 1 if the servers cannot keep up.
pub fn erlang_c(servers: u32, load: f64) -> f64 {
    waiting(erlang_b(servers, load), servers, load)
}

fn waiting(blocked: f64, servers: u32, load: f64) -> f64 {
    let servers = f64::from(servers);
    if load >= servers { 1.0 } else { blocked / (1.0 - load / servers * (1.0 - blocked)) }
}

/// The share of clients who are served within `threshold`, by Erlang C.
///
/// `1 − C·exp(−(c − a)·t ÷ h)`. 0 if the servers cannot keep up.
pub fn service_level(servers: u32, load: f64, handling: f64, threshold: f64) -> f64 {
    level(erlang_c(servers, load), servers, load, threshold / handling)
}

fn level(waiting: f64, servers: u32, load: f64, thresholds: f64) -> f64 {
    let spare = f64::from(servers) - load;
    if spare <= 0.0 { 0.0 } else { 1.0 - waiting * (-spare * thresholds).exp() }
}

/// The mean wait of all clients, by Erlang C: `C·h ÷ (c − a)`. Infinite if the servers cannot keep up.
pub fn average_speed_of_answer(servers: u32, load: f64, handling: f64) -> f64 {
    let spare = f64::from(servers) - load;
    if spare <= 0.0 { f64::INFINITY } else { erlang_c(servers, load) * handling / spare }
}

/// The fewest servers with which the share `goal` of clients is served within `threshold`, by
/// Erlang C. At least 1. A goal of 1 or more cannot be met by any number and is taken as 0.999999.
pub fn staff_for(goal: f64, threshold: f64, rate: f64, handling: f64) -> u32 {
    let load = rate * handling;
    let goal = goal.min(0.999_999);
    let mut blocked = 1.0;
    for servers in 1..u32::MAX {
        blocked = blocked_with(blocked, servers, load);
        let waiting = waiting(blocked, servers, load);
        if f64::from(servers) > load && level(waiting, servers, load, threshold / handling) >= goal {
            return servers;
        }
    }
    u32::MAX
}

/// How impatient clients fare.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ErlangA {
    /// The share of arrivals that wait, served in the end or not.
    pub p_wait: f64,
    /// The share of arrivals that leave before they are served.
    pub p_abandon: f64,
    /// The mean wait of all clients, of those who leave as well as of those who are served.
    pub mean_wait: f64,
    /// The share of the servers' time in which they are busy.
    pub occupancy: f64,
}

/// Erlang A: waiting clients leave after an exponential time with mean `patience`.
///
/// With `θ = 1 ÷ patience`, `x = c ÷ (h·θ)`, `y = λ ÷ θ` and
/// `A = 1 + Σ yʲ ÷ ((x + 1)·…·(x + j))` over `j ≥ 1`:
/// `P(wait) = A·B ÷ (1 + (A − 1)·B)`, `P(abandon | wait) = 1 ÷ (ρ·A) + 1 − 1 ÷ ρ`, and since people
/// leave at the rate `θ` while they wait, the mean wait is `P(abandon) ÷ θ`.
pub fn erlang_a(servers: u32, load: f64, handling: f64, patience: f64) -> ErlangA {
    if load <= 0.0 || servers == 0 {
        let p_abandon = if load > 0.0 { 1.0 } else { 0.0 };
        return ErlangA { p_wait: p_abandon, p_abandon, mean_wait: p_abandon * patience, occupancy: 0.0 };
    }
    let count = f64::from(servers);
    let intensity = load / count;
    let patience_per_handling = patience / handling;
    let sum = impatience_sum(count * patience_per_handling, load * patience_per_handling);
    let blocked = erlang_b(servers, load);
    // An infinite sum comes from hopeless overload only: then everybody waits.
    let p_wait = if sum.is_finite() { sum * blocked / (1.0 + (sum - 1.0) * blocked) } else { 1.0 };
    let p_abandon_if_waiting = 1.0 / (intensity * sum) + 1.0 - 1.0 / intensity;
    let p_abandon = p_wait * p_abandon_if_waiting;
    ErlangA { p_wait, p_abandon, mean_wait: p_abandon * patience, occupancy: intensity * (1.0 - p_abandon) }
}

/// `1 + Σ yʲ ÷ ((x + 1)·…·(x + j))`, summed until a term no longer counts.
fn impatience_sum(x: f64, y: f64) -> f64 {
    let (mut sum, mut term, mut place) = (1.0, 1.0, 0.0);
    loop {
        place += 1.0;
        term *= y / (x + place);
        sum += term;
        let falling = x + place > y;
        if !f64::is_finite(sum) || falling && term < sum * f64::EPSILON {
            return sum;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn near(value: f64, expected: f64, tolerance: f64) {
        assert!((value - expected).abs() <= tolerance, "{value} is not {expected}");
    }

    #[test]
    fn erlang_b_agrees_with_the_published_tables() {
        // Loads at which 1 % is blocked, as every table of Erlang B has them.
        for (lines, load) in
            [(1, 0.0101), (2, 0.153), (5, 1.361), (10, 4.461), (20, 12.03), (50, 37.90), (100, 84.06)]
        {
            near(erlang_b(lines, load), 0.01, 0.000_05);
        }
        near(erlang_b(10, 10.0), 0.2146, 0.000_05);
    }

    #[test]
    fn erlang_c_agrees_with_the_worked_example_of_call_centre_helper() {
        // 100 calls in 30 minutes, 180 seconds each, answered within 20 seconds, 14 agents.
        let (rate, handling) = (100.0 / 1800.0, 180.0);
        let load = rate * handling;
        near(erlang_c(14, load), 0.174, 0.000_5);
        near(service_level(14, load, handling, 20.0), 0.888, 0.000_5);
        near(average_speed_of_answer(14, load, handling), 7.8, 0.05);
        assert_eq!(staff_for(0.8, 20.0, rate, handling), 14);
        assert!(service_level(13, load, handling, 20.0) < 0.8);
    }

    #[test]
    fn one_server_is_the_textbook_queue() {
        // M/M/1: a client waits with probability ρ, on average ρ·h ÷ (1 − ρ).
        near(erlang_c(1, 0.8), 0.8, 1e-12);
        near(average_speed_of_answer(1, 0.8, 100.0), 400.0, 1e-9);
    }

    #[test]
    fn erlang_a_agrees_with_the_example_of_mandelbaum_and_zeltyn() {
        // 50 agents, 48 calls a minute of one minute each, patience of two minutes.
        let impatient = erlang_a(50, 48.0, 60.0, 120.0);
        near(impatient.p_abandon, 0.031, 0.000_5);
        near(impatient.mean_wait, 3.7, 0.05);
        near(impatient.occupancy, 0.93, 0.005);
        // The same with endless patience.
        near(average_speed_of_answer(50, 48.0, 60.0), 20.8, 0.05);
    }

    #[test]
    fn erlang_a_agrees_with_the_balance_of_its_states() {
        let (servers, load, patience) = (7u32, 9.0, 1.7);
        let mut weights = vec![1.0f64];
        for state in 1..400u32 {
            let busy = f64::from(state.min(servers));
            let leaving = f64::from(state.saturating_sub(servers)) / patience;
            weights.push(weights[weights.len() - 1] * load / (busy + leaving));
        }
        let total: f64 = weights.iter().sum();
        let p_wait = weights[servers as usize..].iter().sum::<f64>() / total;
        let queue: f64 =
            weights.iter().enumerate().map(|(n, w)| w * (n as f64 - 7.0).max(0.0)).sum::<f64>() / total;
        let found = erlang_a(servers, load, 1.0, patience);
        near(found.p_wait, p_wait, 1e-9);
        near(found.mean_wait, queue / load, 1e-9);
    }

    #[test]
    fn large_and_hopeless_systems_have_finite_answers() {
        assert!(erlang_c(100_000, 99_900.0) < 1.0);
        assert_eq!(erlang_c(10, 10.0), 1.0);
        assert_eq!(service_level(10, 11.0, 60.0, 20.0), 0.0);
        assert_eq!(average_speed_of_answer(10, 10.0, 60.0), f64::INFINITY);
        let flooded = erlang_a(10, 1000.0, 60.0, 600_000.0);
        near(flooded.p_abandon, 0.99, 0.000_1);
        assert_eq!(erlang_a(10, 0.0, 60.0, 60.0).p_abandon, 0.0);
        assert_eq!(erlang_a(0, 1.0, 60.0, 60.0).p_abandon, 1.0);
        assert_eq!(staff_for(0.8, 20.0, 0.0, 180.0), 1);
        assert!(staff_for(1.0, 20.0, 1.0, 180.0) > 180);
    }

    proptest! {
        #[test]
        fn staff_for_is_the_fewest_that_reaches_the_goal(
            goal in 0.01f64..0.99, threshold in 0.0f64..120.0, rate in 0.001f64..2.0, handling in 1.0f64..600.0,
        ) {
            let staff = staff_for(goal, threshold, rate, handling);
            let reached = |servers| service_level(servers, rate * handling, handling, threshold) >= goal;
            prop_assert!(reached(staff));
            prop_assert!(staff == 1 || !reached(staff - 1));
        }

        #[test]
        fn endless_patience_is_erlang_c(servers in 1u32..60, share in 0.1f64..0.9) {
            let load = f64::from(servers) * share;
            let patient = erlang_a(servers, load, 1.0, 1e7);
            prop_assert!((patient.p_wait - erlang_c(servers, load)).abs() < 1e-4);
            prop_assert!(patient.p_abandon < 1e-4);
        }
    }
}

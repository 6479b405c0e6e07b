//! Classes of waits: numbers of milliseconds rounded up to three significant digits. Nothing is counted here.

/// How many waits there are of each class, by class.
pub(super) type Waits = std::collections::BTreeMap<u16, u32>;

/// Up to here every number is a class of its own.
const EXACT: u64 = 1000;

/// Classes of each further power of ten: from 101 to 1000 in its units.
const PER_DECADE: u64 = 900;

/// The class of a wait. Those of one class differ by less than 1 %, and a threshold of up to three
/// significant digits never falls within one.
pub(super) fn class_of(wait_ms: u64) -> u16 {
    let (mut unit, mut decade) = (1_u64, 0_u64);
    while wait_ms.div_ceil(unit) > EXACT {
        unit *= 10;
        decade += 1;
    }
    let units = wait_ms.div_ceil(unit);
    let class = if decade == 0 { units } else { EXACT + (decade - 1) * PER_DECADE + units - 100 };
    class as u16
}

/// The longest wait of a class.
fn longest(class: u16) -> u64 {
    let class = u64::from(class);
    if class <= EXACT {
        return class;
    }
    let decade = (class - EXACT - 1) / PER_DECADE + 1;
    let units = (class - EXACT - 1) % PER_DECADE + 101;
    10_u64.checked_pow(decade as u32).map_or(u64::MAX, |unit| unit.saturating_mul(units))
}

/// How many of these waited no longer than the threshold. Where it falls within a class, that share of it.
pub(super) fn within(waits: &Waits, threshold_ms: u64) -> u64 {
    let class = class_of(threshold_ms);
    let below: u64 = waits.range(..class).map(|(_, count)| u64::from(*count)).sum();
    let Some(count) = waits.get(&class) else { return below };
    let (from, to) = (class.checked_sub(1).map_or(0, longest), longest(class));
    if threshold_ms >= to {
        return below + u64::from(*count);
    }
    let share = (threshold_ms - from) as f64 / (to - from) as f64;
    below + (f64::from(*count) * share).round() as u64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_class_ends_at_three_significant_digits() {
        let ends =
            [0, 1, 999, 1000, 1001, 1010, 1011, 9_999, 10_000, 10_001, 19_999, 20_000, 20_001, 123_456];
        let ends = ends.map(|wait| longest(class_of(wait)));
        let expected =
            [0, 1, 999, 1000, 1010, 1010, 1020, 10_000, 10_000, 10_100, 20_000, 20_000, 20_100, 124_000];
        assert_eq!(ends, expected);
    }

    #[test]
    fn a_threshold_of_three_digits_counts_exactly() {
        let mut waits = Waits::new();
        for wait in (0..50_000).step_by(7) {
            *waits.entry(class_of(wait)).or_default() += 1;
        }
        for threshold in [0, 5, 1000, 2500, 15_000, 20_000, 49_900] {
            assert_eq!(within(&waits, threshold), threshold / 7 + 1, "{threshold}");
        }
        let within = within(&waits, 20_050) as i64;
        assert!((within - (20_050 / 7 + 1)).abs() <= 1, "{within}");
    }

    proptest! {
        #[test]
        fn classes_are_in_order_and_narrow(wait in 0_u64..1 << 60) {
            let class = class_of(wait);
            prop_assert!(wait <= longest(class));
            prop_assert!(class == 0 || wait > longest(class - 1));
            prop_assert!(longest(class) as f64 <= wait as f64 * 1.01 + 1.0);
        }
    }
}

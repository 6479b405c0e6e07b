//! Settings that are to be played side by side on the same arrivals: how they are read. Nothing is played here.
//!
//! ```json
//! {
//!   "settings": [
//!     {"name": "as it is", "operators": "auto", "target_service_level": 0.8, "threshold_ms": 20000},
//!     {"name": "two at once", "operators": 40, "capacity": 2, "mode": "least_loaded"},
//!     {"name": "by shifts", "staffing": [{"from": "07:00", "operators": 60}, {"from": "18:00", "operators": 25}],
//!      "channel": {"max_waiting": 50}}
//!   ]
//! }
//! ```
//!
//! What a setting does not say is as on the command line. Arrivals, handling times and patience are the same for
//! all: the n-th arrival comes at the same moment, takes as long and is as patient under each of them, so a
//! difference is one of the settings and not of chance.

use serde::Deserialize;

use super::replay::ReplayPlan;
use super::staffing::{DayShift, Operators, ServiceGoal};
use crate::domain::channel::{QueueMode, TimeOfDay};
use crate::limits;

/// Fewest and most settings of one comparison: two columns at least, and a table that still fits a page.
const SETTINGS: std::ops::RangeInclusive<usize> = 2..=6;

/// A plan with the name of its setting.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedPlan {
    /// What people call it.
    pub name: String,
    /// What to replay and how.
    pub plan: ReplayPlan,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    settings: Vec<Setting>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Setting {
    name: String,
    operators: Option<Count>,
    target_service_level: Option<f64>,
    staffing: Option<Vec<ShiftLine>>,
    capacity: Option<u32>,
    threshold_ms: Option<u64>,
    mode: Option<QueueMode>,
    #[serde(default)]
    channel: ChannelRules,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChannelRules {
    max_waiting: Option<u32>,
    abandon_ms: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ShiftLine {
    from: TimeOfDay,
    operators: u32,
}

/// A number of operators, or `auto`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "serde_json::Value")]
enum Count {
    Auto,
    Fixed(u32),
}

impl TryFrom<serde_json::Value> for Count {
    type Error = &'static str;

    fn try_from(value: serde_json::Value) -> Result<Self, Self::Error> {
        match (value.as_str(), value.as_u64().and_then(|count| u32::try_from(count).ok())) {
            (Some("auto"), _) => Ok(Self::Auto),
            (_, Some(count)) if count > 0 => Ok(Self::Fixed(count)),
            _ => Err("a number from 1, or \"auto\""),
        }
    }
}

/// Reads the settings in `text`; what they do not say is as in `base`.
///
/// # Errors
/// A sentence that names the field that is wrong, missing or unknown.
pub fn read(text: &str, base: &ReplayPlan) -> Result<Vec<NamedPlan>, String> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let file: File = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        if path == "." { error.inner().to_string() } else { format!("{path}: {}", error.inner()) }
    })?;
    reader.end().map_err(|error| error.to_string())?;
    let count = file.settings.len();
    if !SETTINGS.contains(&count) {
        return Err(format!(
            "settings: {} to {} are compared, not {count}",
            SETTINGS.start(),
            SETTINGS.end()
        ));
    }
    let mut plans: Vec<NamedPlan> = Vec::new();
    for (place, setting) in file.settings.into_iter().enumerate() {
        let wrong = |reason: String| format!("settings[{place}].{reason}");
        check_name(&setting.name, &plans).map_err(wrong)?;
        let name = setting.name.clone();
        let plan = setting.apply(base).map_err(wrong)?;
        plan.checked_staffing().map_err(|error| format!("settings[{place}] ({name}): {error}"))?;
        plans.push(NamedPlan { name, plan });
    }
    Ok(plans)
}

fn check_name(name: &str, before: &[NamedPlan]) -> Result<(), String> {
    let chars = name.chars().count();
    if name.trim().is_empty() || chars > limits::NAME_CHARS {
        return Err(format!("name: 1 to {} characters", limits::NAME_CHARS));
    }
    match before.iter().any(|other| other.name == name) {
        true => Err(format!("name: {name} is the name of another setting already")),
        false => Ok(()),
    }
}

impl Setting {
    fn apply(self, base: &ReplayPlan) -> Result<ReplayPlan, String> {
        let mut plan = base.clone();
        plan.threshold_ms = self.threshold_ms.unwrap_or(base.threshold_ms);
        plan.capacity = self.capacity.unwrap_or(base.capacity);
        plan.mode = self.mode.unwrap_or(base.mode);
        plan.max_waiting = self.channel.max_waiting;
        plan.abandon_ms = self.channel.abandon_ms;
        plan.operators = match self.operators {
            Some(Count::Fixed(count)) => Operators::Fixed(count),
            Some(Count::Auto) if !matches!(base.operators, Operators::Auto(_)) => {
                Operators::Auto(ServiceGoal { within_ms: plan.threshold_ms, ..ServiceGoal::default() })
            }
            _ => base.operators,
        };
        if self.threshold_ms.is_some()
            && let Operators::Auto(goal) = &mut plan.operators
        {
            goal.within_ms = plan.threshold_ms;
        }
        if let Some(level) = self.target_service_level {
            plan.operators = Operators::Auto(goal(level, plan.operators)?);
        }
        if let Some(staffing) = self.staffing {
            if self.operators.is_some() || self.target_service_level.is_some() {
                return Err(
                    "staffing: it says how many operators there are, and so does another field".into()
                );
            }
            plan.by_time = shifts(&staffing)?;
        }
        Ok(plan)
    }
}

fn goal(level: f64, operators: Operators) -> Result<ServiceGoal, String> {
    if !(level > 0.0 && level < 1.0) {
        return Err(format!("target_service_level: a number between 0 and 1, not {level}"));
    }
    match operators {
        Operators::Auto(goal) => Ok(ServiceGoal { level, ..goal }),
        Operators::Fixed(_) => Err("target_service_level: only \"operators\": \"auto\" has a goal".into()),
    }
}

fn shifts(staffing: &[ShiftLine]) -> Result<Vec<DayShift>, String> {
    if staffing.is_empty() {
        return Err("staffing: at least one time of the day".into());
    }
    let shift = |line: &ShiftLine| DayShift {
        from_ms: u64::from(line.from.minutes()) * 60_000,
        operators: line.operators,
    };
    let shifts: Vec<DayShift> = staffing.iter().map(shift).collect();
    if shifts.windows(2).any(|pair| pair[0].from_ms >= pair[1].from_ms) {
        return Err("staffing: times of the day come in their order, each once".into());
    }
    if shifts.iter().all(|shift| shift.operators == 0) {
        return Err("staffing: nobody is ever there".into());
    }
    Ok(shifts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::recording::Recording;

    fn base() -> ReplayPlan {
        let rows = "DateTime,Calls\n2026-01-01T08:00:00Z,5\n2026-01-01T09:00:00Z,5\n";
        ReplayPlan::new(Recording::read(rows.as_bytes()).unwrap())
    }

    fn two(first: &str) -> Result<Vec<NamedPlan>, String> {
        read(&format!(r#"{{"settings":[{{"name":"one",{first}}},{{"name":"two","operators":9}}]}}"#), &base())
    }

    #[test]
    fn the_example_can_be_read() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/settings.json");
        assert!(read(&std::fs::read_to_string(file).unwrap(), &base()).unwrap().len() >= 2);
    }

    #[test]
    fn what_is_not_said_is_as_on_the_command_line() {
        let mut base = base();
        (base.capacity, base.seed, base.patience_ms) = (3, 7, Some(60_000));
        let text =
            r#"{"settings":[{"name":"one"},{"name":"two","capacity":1,"mode":"strictly","operators":4}]}"#;
        let plans = read(text, &base).unwrap();
        assert_eq!(plans[0].plan, base);
        let two = &plans[1].plan;
        assert_eq!((two.capacity, two.mode, two.operators), (1, QueueMode::Strictly, Operators::Fixed(4)));
        assert_eq!((two.seed, two.patience_ms, &two.recording), (7, Some(60_000), &base.recording));
    }

    #[test]
    fn shifts_rules_and_goals_are_taken_over() {
        let line = r#""staffing":[{"from":"07:00","operators":3},{"from":"12:30","operators":5}],
            "channel":{"max_waiting":10,"abandon_ms":1000}"#;
        let plan = &two(line).unwrap()[0].plan;
        assert_eq!(plan.by_time[1], DayShift { from_ms: 45_000_000, operators: 5 });
        assert_eq!((plan.max_waiting, plan.abandon_ms), (Some(10), Some(1000)));
        let plan = &two(r#""target_service_level":0.9,"threshold_ms":5000"#).unwrap()[0].plan;
        assert_eq!(plan.operators, Operators::Auto(ServiceGoal { level: 0.9, within_ms: 5000 }));
    }

    #[test]
    fn whatever_is_wrong_is_named() {
        for (line, reason) in [
            (r#""operators":0"#, "settings[0].operators: a number from 1, or \"auto\""),
            (r#""operators":"many""#, "settings[0].operators: a number from 1, or \"auto\""),
            (r#""mode":"fairly""#, "settings[0].mode: unknown variant `fairly`"),
            (r#""mode":"all""#, "settings[0] (one): the setting mode is wrong: a replay answers by itself"),
            (r#""modes":"evenly""#, "settings[0].modes: unknown field `modes`"),
            (r#""capacity":-1"#, "settings[0].capacity: invalid value: integer `-1`"),
            (r#""capacity":0"#, "settings[0] (one): the setting capacity is wrong"),
            (r#""target_service_level":1"#, "settings[0].target_service_level: a number between 0 and 1"),
            (r#""operators":3,"target_service_level":0.5"#, "only \"operators\": \"auto\" has a goal"),
            (r#""staffing":[]"#, "settings[0].staffing: at least one time of the day"),
            (r#""staffing":[{"from":"25:00","operators":1}]"#, "settings[0].staffing[0].from: "),
            (r#""staffing":[{"from":"08:00","operators":0}]"#, "settings[0].staffing: nobody is ever there"),
            (
                r#""staffing":[{"from":"08:00","operators":1},{"from":"07:00","operators":1}]"#,
                "settings[0].staffing: times of the day come in their order",
            ),
            (r#""operators":3,"staffing":[{"from":"08:00","operators":1}]"#, "so does another field"),
            (r#""channel":{"hours":{}}"#, "settings[0].channel.hours: unknown field `hours`"),
        ] {
            let error = two(line).unwrap_err();
            assert!(error.contains(reason), "{line}: {error}");
        }
        for (text, reason) in [
            ("", "EOF while parsing"),
            ("{}", "missing field `settings`"),
            (r#"{"settings":[]} x"#, "trailing characters"),
            (r#"{"settings":[{"name":"one"}]}"#, "settings: 2 to 6 are compared, not 1"),
            (
                r#"{"settings":[{"name":"one"},{"name":"one"}]}"#,
                "settings[1].name: one is the name of another",
            ),
            (r#"{"settings":[{"name":" "},{"name":"one"}]}"#, "settings[0].name: 1 to 256 characters"),
            (r#"{"settings":[{},{}]}"#, "settings[0]: missing field `name`"),
        ] {
            let error = read(text, &base()).unwrap_err();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}

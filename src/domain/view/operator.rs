//! An operator, as employees see it.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::domain::operator::{Fairness, Operator, OperatorKind, Presence, Role};
use crate::ids::{OperatorId, SkillId};

/// What an operator has to do, in capacity units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Workload {
    /// Of answered dialogs.
    pub held: u64,
    /// Reserved by offers.
    pub offered: u64,
}

/// An operator's settings and live state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct OperatorView {
    /// Its id.
    pub operator: OperatorId,
    /// For people.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// A person or a program.
    pub kind: OperatorKind,
    /// How much it can handle at once, in units.
    pub capacity: u32,
    /// What it can do, and how well.
    pub skills: BTreeMap<SkillId, u32>,
    /// How many dialogs it is given at most in some time.
    pub fairness: Option<Fairness>,
    /// Whether it is there.
    pub presence: Presence,
    /// Units of answered dialogs.
    pub held: u64,
    /// Units reserved by offers.
    pub offered: u64,
    /// Units left; negative after capacity was lowered below what is held.
    pub free: i64,
}

impl OperatorView {
    /// All of `operator`, and what it has to do.
    pub fn of(operator: &Operator, workload: Workload) -> Self {
        let Workload { held, offered } = workload;
        let settings = &operator.settings;
        Self {
            operator: operator.id.clone(),
            name: settings.name.clone(),
            role: settings.role,
            kind: settings.kind,
            capacity: settings.capacity,
            skills: settings.skills.clone(),
            fairness: settings.fairness,
            presence: operator.presence,
            held,
            offered,
            free: i64::from(settings.capacity).saturating_sub_unsigned(held).saturating_sub_unsigned(offered),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::event::OperatorEvent;
    use crate::domain::operator::OperatorSettings;
    use crate::domain::testing::operator;

    #[test]
    fn what_is_free_may_be_less_than_nothing() {
        let settings = OperatorSettings { name: "Anna".into(), capacity: 10, ..Default::default() };
        let anna = Operator::from_event(operator("anna"), &OperatorEvent::Put(Box::new(settings)));
        let view = OperatorView::of(&anna, Workload { held: 12, offered: 1 });
        let expected = json!({
            "operator": "anna", "name": "Anna", "role": "operator", "kind": "human", "capacity": 10,
            "presence": "offline", "held": 12, "offered": 1, "free": -3,
            "skills": {}, "fairness": null,
        });
        assert_eq!(serde_json::to_value(view).unwrap(), expected);
    }
}

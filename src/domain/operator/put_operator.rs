//! Creates or replaces an operator.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Fairness, Operator, OperatorKind, OperatorSettings, Presence, Principal, Role};
use crate::domain::event::OperatorEvent;
use crate::domain::form;
use crate::error::{Code, Rejection};
use crate::ids::{OperatorId, SkillId};
use crate::limits;

/// From now on the operator is like this; what is not said has its default. Presence stays.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(from = "Line")]
pub struct PutOperator {
    /// Who.
    pub operator: OperatorId,
    /// What the host says of it.
    pub settings: OperatorSettings,
}

/// `put_operator` as it stands in the line protocol, with its defaults.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    operator: OperatorId,
    #[serde(default)]
    name: String,
    #[serde(default)]
    role: Role,
    #[serde(default)]
    kind: OperatorKind,
    #[serde(default = "default_capacity")]
    capacity: u32,
    #[serde(default)]
    skills: BTreeMap<SkillId, u32>,
    fairness: Option<Fairness>,
}

fn default_capacity() -> u32 {
    OperatorSettings::DEFAULT_CAPACITY
}

impl From<Line> for PutOperator {
    fn from(line: Line) -> Self {
        let Line { operator, name, role, kind, capacity, skills, fairness } = line;
        Self { operator, settings: OperatorSettings { name, role, kind, capacity, skills, fairness } }
    }
}

impl PutOperator {
    /// A person with default settings, named like its id.
    pub fn new(operator: OperatorId) -> Self {
        let settings = OperatorSettings { name: operator.as_str().to_owned(), ..OperatorSettings::default() };
        Self { operator, settings }
    }

    /// Checks lengths and ranges.
    ///
    /// # Errors
    /// `too_large` or `invalid_argument`, with the field.
    pub fn validate(&self) -> Result<(), Rejection> {
        form::name("name", &self.settings.name)?;
        form::units("capacity", self.settings.capacity, 0)?;
        if self.settings.skills.len() > limits::OPERATOR_SKILLS {
            let message = format!("an operator has at most {} skills", limits::OPERATOR_SKILLS);
            return Err(Rejection::new(Code::TooLarge, message).at("skills"));
        }
        match self.settings.fairness {
            None => Ok(()),
            Some(Fairness { dialogs: 1..=limits::FAIRNESS_DIALOGS, window_ms }) => {
                form::time_span_ms("fairness.window_ms", window_ms)
            }
            Some(_) => {
                let message = format!("a window counts 1 to {} dialogs", limits::FAIRNESS_DIALOGS);
                Err(Rejection::invalid("fairness.dialogs", message))
            }
        }
    }

    /// What happens to the operator. A removed one comes back, offline.
    ///
    /// # Errors
    /// `permission_denied`, unless the host itself or an admin sends it.
    pub fn decide(
        &self,
        existing: Option<&Operator>,
        principal: Option<&Principal>,
    ) -> Result<Vec<OperatorEvent>, Rejection> {
        Principal::may_set_up(principal)?;
        let mut events = vec![OperatorEvent::Put(Box::new(self.settings.clone()))];
        let was_there = existing.is_some_and(|operator| operator.presence != Presence::Offline);
        // A bot has no presence, so an employee who becomes one leaves.
        if was_there && self.settings.kind == OperatorKind::Bot {
            events.push(OperatorEvent::PresenceSet(Presence::Offline));
        }
        Ok(events)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::operator::RemoveOperator;
    use crate::domain::testing::operator;

    fn put(kind: OperatorKind) -> PutOperator {
        let settings = OperatorSettings { name: "Anna".into(), kind, ..Default::default() };
        PutOperator { operator: operator("anna"), settings }
    }

    fn online() -> Operator {
        let events = put(OperatorKind::Human).decide(None, None).unwrap();
        let mut anna = Operator::from_event(operator("anna"), &events[0]);
        anna.apply(&OperatorEvent::PresenceSet(Presence::Online));
        anna
    }

    fn after(mut operator: Operator, events: &[OperatorEvent]) -> Operator {
        events.iter().for_each(|event| operator.apply(event));
        operator
    }

    #[test]
    fn a_new_operator_is_offline() {
        let events = put(OperatorKind::Human).decide(None, None).unwrap();
        assert_eq!(Operator::from_event(operator("anna"), &events[0]).presence, Presence::Offline);
    }

    #[test]
    fn a_later_put_keeps_presence() {
        let anna = online();
        let events = put(OperatorKind::Human).decide(Some(&anna), None).unwrap();
        assert_eq!(after(anna, &events).presence, Presence::Online);
    }

    #[test]
    fn an_employee_who_becomes_a_bot_goes_offline() {
        let anna = online();
        let events = put(OperatorKind::Bot).decide(Some(&anna), None).unwrap();
        assert_eq!(after(anna, &events).presence, Presence::Offline);
    }

    #[test]
    fn a_removed_operator_comes_back_offline() {
        let anna = online();
        let removed = RemoveOperator { operator: operator("anna") }.decide(Some(&anna), None).unwrap();
        let anna = after(anna, &removed);
        assert!(anna.removed);
        let put = put(OperatorKind::Human).decide(Some(&anna), None).unwrap();
        let anna = after(anna, &put);
        assert_eq!((anna.removed, anna.presence), (false, Presence::Offline));
    }

    #[test]
    fn only_the_host_and_admins_put_operators() {
        let by = |role| {
            put(OperatorKind::Human).decide(None, Some(&Principal { operator: operator("bea"), role }))
        };
        assert!(by(Role::Admin).is_ok());
        assert_eq!(by(Role::Operator).unwrap_err().code, Code::PermissionDenied);
    }

    #[test]
    fn a_line_is_flat_and_has_defaults() {
        let read = |text| serde_json::from_str::<PutOperator>(text);
        assert_eq!(read(r#"{"operator":"anna"}"#).unwrap().settings, OperatorSettings::default());
        let line = r#"{"operator":"anna","name":"Anna","role":"admin","kind":"bot","capacity":5,
            "skills":{"french":3},"fairness":{"dialogs":2,"window_ms":1000}}"#;
        let settings = OperatorSettings {
            name: "Anna".into(),
            role: Role::Admin,
            kind: OperatorKind::Bot,
            capacity: 5,
            skills: [(SkillId::new("french").unwrap(), 3)].into(),
            fairness: Some(Fairness { dialogs: 2, window_ms: 1000 }),
        };
        assert_eq!(read(line).unwrap(), PutOperator { operator: operator("anna"), settings });
        assert!(read(r#"{"operator":"anna","skills":{"french":-1}}"#).is_err());
        assert!(read(r#"{"operator":"anna","fairness":{"dialogs":1}}"#).is_err());
        assert!(read(r#"{"operator":"anna","role":"boss"}"#).is_err());
        assert!(read(r#"{"name":"Anna"}"#).is_err());
    }

    #[test]
    fn numbers_and_names_have_their_ranges() {
        let mut put = put(OperatorKind::Human);
        put.settings.capacity = 0;
        assert_eq!(put.validate(), Ok(()));
        put.settings.capacity = u32::MAX;
        assert_eq!(put.validate().unwrap_err().field.as_deref(), Some("capacity"));
        put.settings.capacity = 1;
        for (fairness, field) in [((0, 1), "fairness.dialogs"), ((1, 0), "fairness.window_ms")] {
            put.settings.fairness = Some(Fairness { dialogs: fairness.0, window_ms: fairness.1 });
            assert_eq!(put.validate().unwrap_err().field.as_deref(), Some(field));
        }
        put.settings.name = "x".repeat(257);
        assert_eq!(put.validate().unwrap_err().code, Code::TooLarge);
    }
}

//! Skills that a dialog requires of its operator, and how they are required less with time.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::domain::form;
use crate::error::{Code, Rejection};
use crate::ids::SkillId;
use crate::limits;

/// A skill that an operator must have to be given a dialog.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SkillRequirement {
    /// Which.
    pub skill: SkillId,
    /// The lowest level that will do; 0: it is not required.
    #[serde(default = "SkillRequirement::default_level")]
    pub level: u32,
    /// How the level falls while the dialog waits.
    #[serde(default)]
    pub relax: Vec<Relaxation>,
}

/// A lower level, from some time on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Relaxation {
    /// How long the dialog has waited then since it entered the queue.
    pub after_ms: u64,
    /// The level from then on.
    pub level: u32,
}

impl SkillRequirement {
    /// A skill of which any level will do.
    pub fn new(skill: SkillId) -> Self {
        Self { skill, level: Self::default_level(), relax: Vec::new() }
    }

    fn default_level() -> u32 {
        1
    }

    /// The level that is required of a dialog that has waited so long. It never rises with time.
    pub fn level_after(&self, waited_ms: u64) -> u32 {
        let due = self.relax.iter().filter(|relaxation| relaxation.after_ms <= waited_ms);
        due.map(|relaxation| relaxation.level).fold(self.level, u32::min)
    }

    /// How long after `waited_ms` a dialog must wait until less may be required of it.
    pub fn next_relaxation(&self, waited_ms: u64) -> Option<u64> {
        let later = self.relax.iter().map(|relaxation| relaxation.after_ms);
        later.filter(|after_ms| *after_ms > waited_ms).min()
    }

    fn validate(&self, path: &str) -> Result<(), Rejection> {
        if self.relax.len() > limits::SKILL_RELAXATIONS {
            let message = format!("a skill is relaxed at most {} times", limits::SKILL_RELAXATIONS);
            return Err(Rejection::new(Code::TooLarge, message).at(format!("{path}.relax")));
        }
        let mut seen = HashSet::new();
        for (place, relaxation) in self.relax.iter().enumerate() {
            let at = |field: &str| format!("{path}.relax[{place}].{field}");
            form::duration_ms(at("after_ms"), relaxation.after_ms)?;
            if !seen.insert(relaxation.after_ms) {
                return Err(Rejection::invalid(at("after_ms"), "there is a level for this time already"));
            }
            if relaxation.level >= self.level {
                return Err(Rejection::invalid(at("level"), "a relaxation lowers the level"));
            }
        }
        Ok(())
    }
}

/// Checks a list of skills: none twice, and each in itself.
pub(in crate::domain) fn validate(path: &str, skills: &[SkillRequirement]) -> Result<(), Rejection> {
    if skills.len() > limits::REQUIRED_SKILLS {
        let message = format!("at most {} skills can be required", limits::REQUIRED_SKILLS);
        return Err(Rejection::new(Code::TooLarge, message).at(path.to_owned()));
    }
    let mut seen = HashSet::new();
    for (place, skill) in skills.iter().enumerate() {
        let path = format!("{path}[{place}]");
        if !seen.insert(&skill.skill) {
            let message = format!("{} is required twice", skill.skill);
            return Err(Rejection::invalid(format!("{path}.skill"), message));
        }
        skill.validate(&path)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skill(text: &str) -> SkillRequirement {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_level_falls_with_time_in_whatever_order_it_is_written() {
        let french = skill(
            r#"{"skill":"french","level":3,"relax":[{"after_ms":20,"level":0},{"after_ms":10,"level":2}]}"#,
        );
        assert_eq!([0, 9, 10, 19, 20].map(|ms| french.level_after(ms)), [3, 3, 2, 2, 0]);
        assert_eq!([0, 10, 20].map(|ms| french.next_relaxation(ms)), [Some(10), Some(20), None]);
        assert_eq!(skill(r#"{"skill":"french"}"#).level, 1);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let field = |text: &str| {
            let skills: Vec<SkillRequirement> = serde_json::from_str(text).unwrap();
            validate("skills", &skills).unwrap_err().field.unwrap().into_owned()
        };
        assert_eq!(field(r#"[{"skill":"a"},{"skill":"a"}]"#), "skills[1].skill");
        let raised = r#"[{"skill":"a","level":2,"relax":[{"after_ms":1,"level":2}]}]"#;
        assert_eq!(field(raised), "skills[0].relax[0].level");
        let twice =
            r#"[{"skill":"a","level":2,"relax":[{"after_ms":1,"level":1},{"after_ms":1,"level":0}]}]"#;
        assert_eq!(field(twice), "skills[0].relax[1].after_ms");
    }
}

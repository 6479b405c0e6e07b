//! What a client's first message says of who should get the dialog, and how soon.

use serde::{Deserialize, Serialize};

use crate::domain::channel::SkillRequirement;
use crate::ids::OperatorId;

/// What is true of one dialog alone, beside the rules of its channel.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Wishes {
    /// Skills that it requires: each in place of what the channel requires, or beside it.
    pub skills: Vec<SkillRequirement>,
    /// How urgent it is; without it, as its channel says.
    pub priority: Option<i32>,
    /// Whom the connector named.
    pub responsible: Option<OperatorId>,
    /// Who owned the client's dialog before, in the same channel.
    pub last_operator: Option<OperatorId>,
}

impl Wishes {
    /// Boxed, unless nothing is wished.
    pub fn some(self) -> Option<Box<Self>> {
        (self != Self::default()).then(|| Box::new(self))
    }

    /// What is required of an operator: the channel's skills, overridden and extended by these.
    pub fn require(wishes: Option<&Self>, channel: &[SkillRequirement]) -> Vec<SkillRequirement> {
        let own = wishes.map_or(&[][..], |wishes| &wishes.skills);
        let is_own = |skill: &&SkillRequirement| own.iter().any(|other| other.skill == skill.skill);
        channel.iter().filter(|skill| !is_own(skill)).chain(own).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::SkillId;

    #[test]
    fn a_dialogs_skills_override_and_extend_those_of_its_channel() {
        let skill = |name: &str, level| SkillRequirement {
            level,
            ..SkillRequirement::new(SkillId::new(name).unwrap())
        };
        let channel = [skill("french", 1), skill("law", 2)];
        assert_eq!(Wishes::require(None, &channel), channel);
        let wishes = Wishes { skills: vec![skill("french", 5), skill("tax", 1)], ..Wishes::default() };
        let required = Wishes::require(Some(&wishes), &channel);
        assert_eq!(required, [skill("law", 2), skill("french", 5), skill("tax", 1)]);
        assert_eq!(Wishes::default().some(), None);
    }
}

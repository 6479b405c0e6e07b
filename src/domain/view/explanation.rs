//! Why the dispatcher decided on a dialog as it did, as employees see it. What was decided is read, and never
//! decided again.

use serde::Serialize;

use crate::domain::dialog::{Candidate, Dialog, Filtered, Reason, Rule, Ruled, Ruling};
use crate::ids::{ChannelId, OperatorId};
use crate::timestamp::Timestamp;

/// Every decision on a dialog.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Explanation {
    /// The oldest first. Of very many the last ones are kept.
    pub decisions: Vec<RulingView>,
}

/// One decision.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct RulingView {
    /// When.
    pub at: Timestamp,
    /// By what rule, with its version.
    pub rule: &'static str,
    /// By whose rules.
    pub channel: ChannelId,
    /// Who could have got the dialog, the best first: all of them, or the best of very many.
    pub candidates: Vec<CandidateView>,
    /// How many candidates there were beyond those.
    #[serde(skip_serializing_if = "is_none")]
    pub more_candidates: u32,
    /// Who could not, and why.
    pub filtered: Vec<Filtered>,
    /// How many could not beyond those, by reason.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub more_filtered: Vec<ReasonCount>,
    /// What decided between candidates with the same score: another score, the rank or the id; nothing if
    /// the score was enough.
    pub tie_break: Option<&'static str>,
    /// Who got it; nobody if it waits.
    pub winners: Vec<OperatorId>,
}

/// Somebody who could have got the dialog.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CandidateView {
    /// Who.
    pub operator: OperatorId,
    /// Where the rule puts them; the smallest wins. A share of capacity is one between 0 and 1.
    pub score: serde_json::Number,
}

/// How many could not get the dialog for one reason.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ReasonCount {
    /// Why.
    pub reason: Reason,
    /// How many.
    pub count: u32,
}

fn is_none(count: &u32) -> bool {
    *count == 0
}

impl Explanation {
    /// All that is kept of how `dialog` was given out.
    pub fn of(dialog: &Dialog) -> Self {
        Self { decisions: dialog.rulings.iter().map(RulingView::of).collect() }
    }
}

impl RulingView {
    fn of(ruled: &Ruled) -> Self {
        let ruling = &ruled.ruling;
        let considered = ruling.considered.unpack();
        let candidate = |candidate: &Candidate| CandidateView {
            operator: candidate.operator.clone(),
            score: score_of(ruling, candidate),
        };
        let counts = considered.more_filtered.into_iter();
        Self {
            at: ruled.at,
            rule: ruling.preferred.map_or(ruling.rule.as_str(), |preference| preference.as_str()),
            channel: ruling.channel.clone(),
            candidates: considered.candidates.iter().map(candidate).collect(),
            more_candidates: considered.more_candidates,
            filtered: considered.filtered,
            more_filtered: counts.map(|(reason, count)| ReasonCount { reason, count }).collect(),
            tie_break: ruling.tie_break(considered.candidates),
            winners: ruled.winners.to_vec(),
        }
    }
}

/// The score in words that people read: the rank where it decides alone, a share as a fraction.
fn score_of(ruling: &Ruling, candidate: &Candidate) -> serde_json::Number {
    const WHOLE: f64 = 18_446_744_073_709_551_616.0;
    match ruling.rule {
        Rule::Strictly1 => candidate.rank.into(),
        Rule::MostAvailable1 => {
            serde_json::Number::from_f64(candidate.score as f64 / WHOLE).unwrap_or_else(|| 0.into())
        }
        _ => candidate.score.into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::dialog::{Considered, KeptRuling, Preference};
    use crate::domain::testing::{channel, operator};

    fn ruled(rule: Rule, candidates: &[(&str, u64, u64, i64)]) -> Ruled {
        let candidates = candidates.iter().map(|(name, score, tie, rank)| Candidate {
            operator: operator(name),
            score: *score,
            tie: *tie,
            rank: *rank,
        });
        let considered = Considered {
            candidates: candidates.collect(),
            more_candidates: 0,
            filtered: vec![Filtered { operator: operator("cleo"), reason: Reason::Skill }],
            more_filtered: vec![(Reason::Presence, 7)],
        };
        let ruling = Ruling {
            number: 1,
            channel: channel("web"),
            rule,
            preferred: None,
            considered: considered.pack(),
        };
        let winners = ruling.winners().collect();
        Ruled { at: Timestamp::from_millis(0), ruling: KeptRuling::from(ruling), winners }
    }

    fn shown(ruled: &Ruled) -> serde_json::Value {
        serde_json::to_value(RulingView::of(ruled)).unwrap()
    }

    #[test]
    fn a_decision_shows_who_could_have_got_it_and_who_could_not() {
        let view = shown(&ruled(Rule::LeastLoaded1, &[("anna", 2, 5, 1), ("bea", 2, 6, 2)]));
        let expected = json!({
            "at": "1970-01-01T00:00:00.000Z", "rule": "least_loaded/1", "channel": "web",
            "candidates": [{"operator": "anna", "score": 2}, {"operator": "bea", "score": 2}],
            "filtered": [{"operator": "cleo", "reason": "skill"}],
            "more_filtered": [{"reason": "presence", "count": 7}],
            "tie_break": "evenly", "winners": ["anna"],
        });
        assert_eq!(view, expected);
    }

    #[test]
    fn what_decided_between_equal_scores_is_named() {
        let tie = |rule, candidates| shown(&ruled(rule, candidates))["tie_break"].clone();
        assert_eq!(tie(Rule::Evenly1, &[("anna", 1, 0, 1), ("bea", 2, 0, 1)]), json!(null));
        assert_eq!(tie(Rule::Evenly1, &[("anna", 0, 0, 1), ("bea", 0, 0, 2)]), json!("rank"));
        assert_eq!(tie(Rule::RoundRobin1, &[("anna", 0, 0, 1), ("bea", 0, 0, 1)]), json!("operator"));
        assert_eq!(tie(Rule::Strictly1, &[("anna", 0, 0, 1), ("bea", 0, 0, 2)]), json!(null));
        assert_eq!(tie(Rule::Strictly1, &[("anna", 0, 0, 1), ("bea", 0, 0, 1)]), json!("operator"));
        assert_eq!(tie(Rule::Evenly1, &[("anna", 1, 0, 1)]), json!(null));
    }

    #[test]
    fn a_share_is_a_fraction_a_rank_a_score_and_a_preference_a_rule() {
        let half = ruled(Rule::MostAvailable1, &[("anna", 1 << 63, 0, 1)]);
        assert_eq!(shown(&half)["candidates"][0]["score"], json!(0.5));
        let rank = ruled(Rule::Strictly1, &[("anna", 0, 0, -3)]);
        assert_eq!(shown(&rank)["candidates"][0]["score"], json!(-3));
        let ruling = Ruling { preferred: Some(Preference::Responsible), ..(*rank.ruling).clone() };
        let preferred = Ruled { ruling: KeptRuling::from(ruling), ..rank };
        assert_eq!(shown(&preferred)["rule"], json!("responsible/1"));
    }
}

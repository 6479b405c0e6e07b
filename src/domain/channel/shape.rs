//! How a channel is written in the line protocol, with its defaults.
//!
//! Apart from the settings, because those are also stored, by position and without defaults.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

use super::{
    Accept, ChannelBot, ChannelSettings, Hours, Ignored, Member, NoAnswer, OffHours, Prefer, PutChannel,
    Queue, QueueMode, SkillRequirement,
};
use crate::ids::{ChannelId, OperatorId};

/// `put_channel` as a line.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChannelShape {
    channel: ChannelId,
    #[serde(default)]
    name: String,
    #[serde(default)]
    queue: QueueShape,
    #[serde(default = "default_weight")]
    weight: u32,
    #[serde(default)]
    rating: bool,
    #[serde(default)]
    skills: Vec<SkillRequirement>,
    #[serde(default)]
    priority: i32,
    #[serde(default = "default_ageing")]
    ageing_ms_per_point: u64,
    max_waiting: Option<u32>,
    hours: Option<Hours>,
    #[serde(default)]
    off_hours: OffHours,
    no_answer: Option<NoAnswer>,
    welcome: Option<String>,
    closing: Option<String>,
    auto_close_ms: Option<u64>,
    abandon_ms: Option<u64>,
    #[serde(default)]
    prefer: Prefer,
    #[serde(default)]
    prefer_ignores: Vec<Ignored>,
    bot: Option<ChannelBot>,
}

/// The queue within the line.
#[derive(serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
struct QueueShape {
    mode: QueueMode,
    members: Vec<MemberShape>,
    accept: Accept,
    offer_timeout_ms: u64,
    check_online: bool,
}

/// A member: an operator alone, or with a rank.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct RankedMember {
    operator: OperatorId,
    rank: Option<i64>,
}

struct MemberShape(RankedMember);

impl Default for QueueShape {
    fn default() -> Self {
        let Queue { mode, members: _, accept, offer_timeout_ms, check_online } = Queue::default();
        Self { mode, members: Vec::new(), accept, offer_timeout_ms, check_online }
    }
}

fn default_ageing() -> u64 {
    ChannelSettings::DEFAULT_AGEING_MS_PER_POINT
}

fn default_weight() -> u32 {
    ChannelSettings::DEFAULT_WEIGHT
}

impl From<ChannelShape> for PutChannel {
    fn from(shape: ChannelShape) -> Self {
        let settings = ChannelSettings {
            name: shape.name,
            queue: shape.queue.into(),
            weight: shape.weight,
            rating: shape.rating,
            skills: shape.skills,
            priority: shape.priority,
            ageing_ms_per_point: shape.ageing_ms_per_point,
            max_waiting: shape.max_waiting,
            hours: shape.hours,
            off_hours: shape.off_hours,
            no_answer: shape.no_answer,
            welcome: shape.welcome,
            closing: shape.closing,
            auto_close_ms: shape.auto_close_ms,
            abandon_ms: shape.abandon_ms,
            prefer: shape.prefer,
            prefer_ignores: shape.prefer_ignores,
            bot: shape.bot,
        };
        Self { channel: shape.channel, settings }
    }
}

impl From<QueueShape> for Queue {
    fn from(shape: QueueShape) -> Self {
        let members = shape.members.into_iter().zip(1..).map(|(member, place)| member.at(place)).collect();
        Self {
            mode: shape.mode,
            members,
            accept: shape.accept,
            offer_timeout_ms: shape.offer_timeout_ms,
            check_online: shape.check_online,
        }
    }
}

impl MemberShape {
    fn at(self, place: i64) -> Member {
        let Self(RankedMember { operator, rank }) = self;
        Member { operator, rank: rank.unwrap_or(place) }
    }
}

impl<'de> Deserialize<'de> for MemberShape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MemberVisitor)
    }
}

/// Reads both shapes by hand: an untagged enum would forget which field was wrong.
struct MemberVisitor;

impl<'de> Visitor<'de> for MemberVisitor {
    type Value = MemberShape;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an operator's id, or an object with `operator` and `rank`")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<MemberShape, E> {
        let operator = OperatorId::new(text).map_err(E::custom)?;
        Ok(MemberShape(RankedMember { operator, rank: None }))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<MemberShape, A::Error> {
        RankedMember::deserialize(MapAccessDeserializer::new(map)).map(MemberShape)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<PutChannel, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn missing_fields_get_their_defaults() {
        let put = read(r#"{"channel":"web"}"#).unwrap();
        assert_eq!(put.settings, ChannelSettings::default());
        let put = read(r#"{"channel":"web","queue":{}}"#).unwrap();
        assert_eq!(put.settings, ChannelSettings::default());
    }

    #[test]
    fn every_field_is_read() {
        let line = r#"{"channel":"web","name":"Web","weight":3,"rating":true,"queue":{"mode":"strictly","members":["anna"],
            "accept":"auto","offer_timeout_ms":5,"check_online":false}}"#;
        let members = vec![Member { operator: OperatorId::new("anna").unwrap(), rank: 1 }];
        let queue = Queue {
            mode: QueueMode::Strictly,
            members,
            accept: Accept::Auto,
            offer_timeout_ms: 5,
            check_online: false,
        };
        let settings =
            ChannelSettings { name: "Web".into(), queue, weight: 3, rating: true, ..Default::default() };
        assert_eq!(read(line), Ok(PutChannel { channel: ChannelId::new("web").unwrap(), settings }));
    }

    #[test]
    fn a_member_is_an_id_or_has_a_rank_which_is_by_default_its_place() {
        let line = r#"{"channel":"web","queue":{"members":["anna",{"operator":"bea","rank":-5},{"operator":"cleo"}]}}"#;
        let ranks: Vec<_> =
            read(line).unwrap().settings.queue.members.iter().map(|member| member.rank).collect();
        assert_eq!(ranks, [1, -5, 3]);
    }

    #[test]
    fn unknown_modes_and_fields_are_refused() {
        for line in [
            r#"{"channel":"web","queue":{"mode":"round"}}"#,
            r#"{"channel":"web","queue":{"skills":[]}}"#,
            r#"{"channel":"web","queue":{"members":[{"operator":"anna","weight":1}]}}"#,
            r#"{"channel":"web","queue":{"members":[""]}}"#,
            r#"{"channel":"web","queue":{"members":[7]}}"#,
            r#"{"channel":"web","welcome":7}"#,
            r#"{"channel":"web","hours":{"time_zone":"UTC"}}"#,
            r#"{"channel":"web","hours":{"time_zone":"UTC","week":{"monday":[]}}}"#,
            r#"{"channel":"web","hours":{"time_zone":"UTC","week":{"mon":[["09:00"]]}}}"#,
            r#"{"channel":"web","no_answer":{}}"#,
            r#"{"channel":"web","bot":{"join":"first"}}"#,
            r#"{"channel":"web","prefer":"nobody"}"#,
            r#"{"channel":"web","skills":[{"level":1}]}"#,
            r#"{"channel":"web","priority":2147483648}"#,
            r#"{"channel":"web","max_waiting":-1}"#,
            r#"{"channel":"web","weight":-1}"#,
            r#"{"name":"web"}"#,
        ] {
            assert!(read(line).is_err(), "{line}");
        }
    }
}

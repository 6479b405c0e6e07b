//! Writing a message as an operator: who may, and what it holds.
//!
//! What stands in the message is decided by each command.

use serde::Deserialize;

use super::{Actor, Context, Decision, guard, steps};
use crate::domain::dialog::{Content, Dialog, Mention, MentionTarget, Message};
use crate::domain::emoji::with_emoji;
use crate::domain::event::DialogEvent;
use crate::domain::permission::Permission;
use crate::domain::reply::{Reply, Written};
use crate::error::{Code, Rejection};
use crate::ids::{DialogId, OperatorId};
use crate::limits;

/// The acting operator, who may write in the dialog now.
pub(super) fn writer<'a>(dialog: &Dialog, context: &'a Context) -> Result<&'a Actor, Rejection> {
    let actor = context.acting()?;
    dialog.allow(Permission::Write, actor)?;
    guard::open(dialog)?;
    guard::space(dialog)?;
    Ok(actor)
}

/// Writes a text with something in it, as visible as the operator's messages are now.
pub(super) fn write(
    dialog: &Dialog,
    context: &Context,
    text: &str,
    content: Content,
) -> Result<Decision, Rejection> {
    let operator = &writer(dialog, context)?.operator;
    let visibility = dialog.visibility_for(operator, None);
    let message = steps::operator_message(dialog, operator, visibility, text, context.now);
    Ok(added(message.holding(content)))
}

/// The message is there, and whoever is mentioned in it is told.
pub(super) fn added(message: Message) -> Decision {
    let id = message.id;
    let mut told: Vec<OperatorId> = Vec::new();
    for mention in message.mentions() {
        if let MentionTarget::Operator(operator) = &mention.target
            && !told.contains(operator)
        {
            told.push(operator.clone());
        }
    }
    let mentioned = told.into_iter().map(|operator| DialogEvent::OperatorMentioned { message: id, operator });
    let mut events = Vec::with_capacity(1 + mentioned.len());
    events.push(DialogEvent::MessageAdded(Box::new(message)));
    events.extend(mentioned);
    Decision { events, reply: Reply::Written(Written { message: id }) }
}

/// A mention in a text that is being sent.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Line")]
pub struct NewMention {
    /// What is mentioned.
    pub target: MentionTarget,
    /// Its first occurrence in the text is the mention.
    pub label: String,
}

/// A mention as it stands in the line protocol.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    kind: Kind,
    id: Id,
    label: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Operator,
    Dialog,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Id {
    Number(DialogId),
    Name(OperatorId),
}

impl TryFrom<Line> for NewMention {
    type Error = &'static str;

    fn try_from(line: Line) -> Result<Self, &'static str> {
        let target = match (line.kind, line.id) {
            (Kind::Operator, Id::Name(operator)) => MentionTarget::Operator(operator),
            (Kind::Dialog, Id::Number(dialog)) => MentionTarget::Dialog(dialog),
            (Kind::Operator, Id::Number(_)) => return Err("an operator is mentioned by its id, a text"),
            (Kind::Dialog, Id::Name(_)) => return Err("a dialog is mentioned by its id, a number"),
        };
        Ok(Self { target, label: line.label })
    }
}

impl NewMention {
    /// What a message keeps of it.
    pub fn to_mention(&self) -> Mention {
        Mention { target: self.target.clone(), label: with_emoji(&self.label).into_owned() }
    }
}

/// Checks that every label stands in the text, as it will be stored.
pub(super) fn validate_mentions(text: &str, mentions: &[NewMention]) -> Result<(), Rejection> {
    if mentions.len() > limits::MESSAGE_MENTIONS {
        let message = format!("a message has at most {} mentions", limits::MESSAGE_MENTIONS);
        return Err(Rejection::new(Code::TooLarge, message).at("mentions"));
    }
    let text = with_emoji(text);
    let absent =
        |mention: &NewMention| mention.label.is_empty() || !text.contains(&*with_emoji(&mention.label));
    match mentions.iter().position(absent) {
        Some(at) => {
            Err(Rejection::invalid(format!("mentions[{at}].label"), "the label does not stand in the text"))
        }
        None => Ok(()),
    }
}

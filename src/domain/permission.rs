//! Who may do what: one table of commands, roles and relations, which decides and is shown here.
//!
//! Nothing here knows a dialog: how somebody stands to one is asked of whoever does. What the status
//! of a dialog allows stands with each command and ranks after this; so do `not_offered` and
//! `already_answered`. Reading, listing and searching are everybody's and need no line of the table,
//! and what a connector sends for a client, or the host sends for itself, has no operator to ask about.
//!
//! See [`Permission`] for the table.

#[cfg(test)]
mod tests;

use super::operator::Role;
use crate::error::{Code, Rejection};

/// How an operator stands to what a command is about. Several may hold at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// Owns the dialog, or owned it when it was closed.
    Owner,
    /// Takes part in the dialog without owning it.
    Participant,
    /// The dialog is offered to them.
    Offered,
    /// The dialog waits in a queue of which they are a member.
    Waiting,
    /// It is their own: the message that they wrote, their own presence.
    Own,
    /// An employee like any other.
    Other,
}

impl Relation {
    /// Every relation, in the order of the table.
    pub const ALL: [Self; 6] =
        [Self::Owner, Self::Participant, Self::Offered, Self::Waiting, Self::Own, Self::Other];
}

/// One line of the table.
#[derive(Debug, Clone, Copy)]
struct Rule {
    /// The relations that are enough, in the order of [`Relation::ALL`].
    relations: [bool; 6],
    /// Whether being a supervisor, or an admin, is enough.
    supervisor: bool,
    admin: bool,
    /// The rejection of everybody else.
    otherwise: Code,
}

/// A cell as it decides.
macro_rules! decides {
    (yes) => {
        true
    };
    (no) => {
        false
    };
}

/// A cell as it is shown.
macro_rules! shows {
    (yes) => {
        "yes"
    };
    (no) => {
        ""
    };
}

macro_rules! permissions {
    ($($permission:ident $name:literal:
        $owner:ident $participant:ident $offered:ident $waiting:ident $own:ident $other:ident,
        $supervisor:ident $admin:ident, $otherwise:ident;)*) => {
        /// A line of the table of permissions: `yes` where the relation, or the role, is enough.
        ///
        /// | command | owner | participant | has an offer | member while it waits | their own | any employee | supervisor | admin | otherwise |
        /// |---|---|---|---|---|---|---|---|---|---|
        $(#[doc = concat!(
            "| ", $name, " | ", shows!($owner), " | ", shows!($participant), " | ", shows!($offered),
            " | ", shows!($waiting), " | ", shows!($own), " | ", shows!($other), " | ",
            shows!($supervisor), " | ", shows!($admin), " | [`", stringify!($otherwise), "`](Code::",
            stringify!($otherwise), ") |"
        )])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Permission {
            $(#[doc = concat!("The line of ", $name, ".")] $permission,)*
        }

        impl Permission {
            /// Every line, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$permission,)*];

            const fn rule(self) -> Rule {
                match self {
                    $(Self::$permission => Rule {
                        relations: [
                            decides!($owner),
                            decides!($participant),
                            decides!($offered),
                            decides!($waiting),
                            decides!($own),
                            decides!($other),
                        ],
                        supervisor: decides!($supervisor),
                        admin: decides!($admin),
                        otherwise: Code::$otherwise,
                    },)*
                }
            }
        }
    };
}

permissions! {
    //                                                  own.  par. off. wai. own  any, sup. adm., otherwise
    SetUp "`put_…`, `remove_operator`":                 no   no   no   no   no   no,  no   yes, PermissionDenied;
    SetPresence "`set_presence`":                       no   no   no   no   yes  no,  no   yes, PermissionDenied;
    Audit "`get_dialog` with `audit`":                  no   no   no   no   no   no,  yes  yes, PermissionDenied;
    Answer "`answer`, `skip`, `accept_and_finish`":     yes  yes  yes  yes  yes  yes, yes  yes, NotOffered;
    Transfer "`transfer`":                              yes  no   yes  yes  no   no,  yes  yes, NotOwner;
    Take "`take`":                                      yes  yes  yes  yes  yes  yes, yes  yes, NotOwner;
    TakePinned "`take` of a pinned dialog":             yes  no   no   no   no   no,  yes  yes, DialogPinned;
    Pin "`pin`, `unpin`":                               yes  no   no   no   no   no,  yes  yes, NotOwner;
    PinAll "`pin_all`, `unpin_all`, of what one owns":  yes  yes  yes  yes  yes  yes, yes  yes, NotOwner;
    Finish "`finish`":                                  yes  no   no   no   no   no,  yes  yes, NotOwner;
    MoveToNew "`move_to_new`":                         yes  no   no   no   no   no,  yes  yes, NotOwner;
    Spam "`spam`":                                      yes  no   yes  yes  no   no,  yes  yes, NotOwner;
    Join "`join`":                                      yes  yes  yes  yes  yes  yes, yes  yes, NotParticipant;
    Leave "`leave`":                                    no   yes  no   no   no   no,  no   no,  NotParticipant;
    Company "`invite`, `remove_participant`":           yes  yes  no   no   no   no,  yes  yes, NotParticipant;
    Write "`reply`, `send_…`, `attach_app`":            yes  yes  no   no   no   no,  yes  yes, NotParticipant;
    SetHiddenMode "`set_hidden_mode`":                  yes  yes  no   no   no   no,  yes  yes, NotParticipant;
    Typing "`typing`":                                  yes  yes  no   no   no   no,  yes  yes, NotParticipant;
    Discuss "`discuss`":                                yes  yes  no   no   no   no,  yes  yes, NotParticipant;
    SetPriority "`set_priority`; a member at any time": yes  no   no   yes  no   no,  yes  yes, NotOwner;
    Rename "`rename`":                                  yes  yes  no   no   no   no,  yes  yes, NotParticipant;
    Amend "`edit`, `delete` of an operator's message":  no   no   no   no   yes  no,  yes  yes, PermissionDenied;
    AmendOthers "`edit`, `delete` of any other message": no  no   no   no   no   no,  no   no,  PermissionDenied;
    Score "`score_dialog`":                             no   no   no   no   no   no,  yes  yes, PermissionDenied;
    Request "`create_…`, `post_to_feed`, `save_to_crm`": yes yes  no   no   no   no,  yes  yes, NotParticipant;
    Outside "`complete_request`, `fail_request`":       no   no   no   no   no   no,  no   yes, PermissionDenied;
}

impl Permission {
    /// Whether somebody in this role may do it; `is` knows how they stand to what it is about.
    ///
    /// # Errors
    /// What the line of the table says.
    pub fn check(self, role: Role, is: impl Fn(Relation) -> bool) -> Result<(), Rejection> {
        let rule = self.rule();
        let by_role = match role {
            Role::Operator => false,
            Role::Supervisor => rule.supervisor,
            Role::Admin => rule.admin,
        };
        let mut relations = Relation::ALL.iter().zip(rule.relations);
        if by_role || relations.any(|(relation, enough)| enough && is(*relation)) {
            return Ok(());
        }
        Err(Rejection::new(rule.otherwise, self.sentence()))
    }

    /// What people are told who may not.
    fn sentence(self) -> &'static str {
        match self {
            Self::SetUp | Self::SetPresence => "only an admin may change the set-up",
            Self::Audit => "only a supervisor may see what was edited or deleted",
            Self::Score => "only a supervisor may score a dialog",
            Self::Outside => "only the host or an admin may say what came of a request",
            Self::TakePinned => "its owner has pinned this dialog",
            Self::Write => "only its owner, a participant or a supervisor may write in this dialog",
            Self::Leave => "only who takes part in a dialog, and does not own it, can leave it",
            Self::Amend => "only its author or a supervisor may change this message",
            Self::AmendOthers => "only operators' messages can be changed by operators",
            _ => match self.rule().otherwise {
                Code::NotParticipant => "only its owner, a participant or a supervisor may do that",
                _ => "this dialog is another's: only its owner or a supervisor may do that",
            },
        }
    }
}

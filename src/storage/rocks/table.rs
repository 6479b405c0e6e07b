//! The tables and their names. What stands in them is described where it is written.

/// A table. The order is that of [`Table::ALL`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::storage) enum Table {
    /// Frames, by sequence number.
    Journal,
    /// Images of dialogs, open ones apart from closed ones.
    Dialogs,
    /// The last closed dialog of each client. A value only grows.
    Clients,
    /// The message that each external id names.
    ExternalIds,
    /// Images of operators.
    Operators,
    /// Images of channels.
    Channels,
    /// Requests to the outside, by how far they have come.
    Requests,
    /// The ring of idempotency keys.
    Keys,
    /// All that there is one of.
    Meta,
    /// Images of the things of the library.
    Library,
    /// The contents of uploaded files, by their hashes.
    Files,
    /// Which messages name which content.
    FileNames,
    /// Which closed dialogs can be found by what. Values are sets, to which others are added.
    Finding,
    /// When clients' dialogs closed, of channels that keep them for a time only.
    Closing,
    /// The books of channels and operators: what is counted of them.
    Statistics,
    /// What has to be known of each open dialog after a start.
    Heads,
}

impl Table {
    pub const ALL: [Self; 16] = [
        Self::Journal,
        Self::Dialogs,
        Self::Clients,
        Self::ExternalIds,
        Self::Operators,
        Self::Channels,
        Self::Requests,
        Self::Keys,
        Self::Meta,
        Self::Library,
        Self::Files,
        Self::FileNames,
        Self::Finding,
        Self::Closing,
        Self::Statistics,
        Self::Heads,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Journal => "journal",
            Self::Dialogs => "dialogs",
            Self::Clients => "clients",
            Self::ExternalIds => "external_ids",
            Self::Operators => "operators",
            Self::Channels => "channels",
            Self::Requests => "requests",
            Self::Keys => "keys",
            Self::Meta => "meta",
            Self::Library => "library",
            Self::Files => "files",
            Self::FileNames => "file_names",
            Self::Finding => "finding",
            Self::Closing => "closing",
            Self::Statistics => "statistics",
            Self::Heads => "heads",
        }
    }
}

//! Every limit of the engine, each with its reason. Sizes are in bytes unless the name says otherwise.

/// Characters of an id that the host chooses: room for a UUID, an e-mail address or a phone number.
pub const ID_CHARS: usize = 128;

/// Characters of a message's text: longer than any messenger allows (WhatsApp 4,096, Telegram 4,096).
pub const TEXT_CHARS: usize = 10_000;

/// Characters of a name or title.
pub const NAME_CHARS: usize = 256;

/// Characters of a link: what every browser and messenger still opens.
pub const URL_CHARS: usize = 2048;

/// Characters of a media type: two names of 127 characters (RFC 6838) and some parameters.
pub const MEDIA_TYPE_CHARS: usize = 512;

/// Bytes of an uploaded file: more than messengers take as a picture or a document to be read at once.
pub const FILE_BYTES: usize = 25 * 1024 * 1024;

/// Files of one message: albums of messengers have at most ten.
pub const MESSAGE_FILES: usize = 32;

/// Mentions in one message: more than people are in any dialog.
pub const MESSAGE_MENTIONS: usize = 100;

/// Fields of one form: longer ones belong on a page of their own.
pub const FORM_FIELDS: usize = 100;

/// Largest amount of a payment in minor units: stays exact in every JSON reader.
pub const PAYMENT_AMOUNT: u64 = (1 << 53) - 1;

/// Messages on one page of a client's history: enough for most clients, and a page stays small
/// enough to be held in memory with the next one behind it.
pub const HISTORY_PAGE: usize = 1000;

/// Apps attached to one dialog.
pub const DIALOG_APPS: usize = 100;

/// Characters of a word by which texts are found: long enough to tell words apart, and short enough that
/// all beginnings of all words can be kept.
pub const WORD_CHARS: usize = 16;

/// Entries of one page of a list.
pub const PAGE: u32 = 200;

/// One line of the line protocol: a file of 25 MiB in base64 and some room.
pub const LINE_BYTES: usize = 40 * 1024 * 1024;

/// Members of one channel's queue.
pub const QUEUE_MEMBERS: usize = 100_000;

/// Skills that one channel or message can require: more than any operator is chosen by.
pub const REQUIRED_SKILLS: usize = 32;

/// Steps in which one required skill is relaxed.
pub const SKILL_RELAXATIONS: usize = 16;

/// Skills of one operator.
pub const OPERATOR_SKILLS: usize = 1000;

/// Seats of pools that no dialog belongs to, kept because building a pool takes a look at every member of
/// its queue: some 100 MiB.
pub const IDLE_POOL_SEATS: usize = 4_000_000;

/// Dialogs that a fairness window counts: the time of each is kept.
pub const FAIRNESS_DIALOGS: u32 = 10_000;

/// Dialogs given to an operator that are remembered even if its fairness counts fewer or there is none, so that
/// one that is set later knows of what went before: some 2 KiB.
pub const FAIRNESS_REMEMBERED: u32 = 100;

/// Open intervals of one day: one for each quarter of an hour.
pub const INTERVALS_PER_DAY: usize = 96;

/// Holidays of one channel: ten years of a calendar with one in ten days off.
pub const HOLIDAYS: usize = 366;

/// Routing decisions kept with one dialog; older ones are forgotten first. A dialog that needs more than a
/// few is passed around without end.
pub const RULINGS_PER_DIALOG: usize = 100;

/// Candidates kept with one routing decision: what people read.
pub const RULING_CANDIDATES: usize = 20;

/// Operators whose reason not to be a candidate is kept with one routing decision; of the others the
/// reasons are counted.
pub const RULING_FILTERED: usize = 20;

/// Messages of one dialog: 20 bits of a message id.
pub const MESSAGES_PER_DIALOG: usize = (1 << 20) - 1;

/// Requests to the outside of one dialog: each is kept with the dialog, and written with its image.
pub const REQUESTS_PER_DIALOG: usize = 1000;

/// Requests on one page of a list.
pub const REQUESTS_PER_PAGE: u32 = 200;

/// Fields of a contact, and values of one field: room for every property of a vCard.
pub const CONTACT_FIELDS: usize = 64;

/// Characters of a contact's field name, and of a value.
pub const CONTACT_CHARS: usize = 1000;

/// Dialogs of one data directory: with 20 bits for the message, ids stay below 2^53, the largest
/// integer that every JSON reader keeps exact.
pub const DIALOGS: u64 = (1 << 33) - 1;

/// Capacity units of an operator, and weight of a dialog: small enough that sums never overflow.
pub const CAPACITY_UNITS: u32 = 1_000_000_000;

/// Longest duration in a setting: ten years, so that adding it to a time never overflows.
pub const DURATION_MS: u64 = 10 * 366 * 24 * 3600 * 1000;

/// Bytes of one journal frame after which the journal stops adding batches to a group. One value
/// of 64 KiB to 1 MiB per synced write is where RocksDB comes closest to a bare file.
pub const JOURNAL_GROUP_BYTES: usize = 1024 * 1024;

/// Largest journal frame that is read back; a larger length means damage.
pub const JOURNAL_FRAME_BYTES: usize = 256 * 1024 * 1024;

/// Batches that may wait for the journal before an arbiter has to wait too.
pub const JOURNAL_QUEUE_BATCHES: usize = 64;

/// Transient events kept for readers that are behind: some seconds of a busy house, whose typing nobody
/// wants to see later than that.
pub const TRANSIENTS: usize = 1024;

/// Requests of the line protocol that may wait for their replies before reading waits too: enough
/// to fill many journal groups, few enough that the longest texts still fit into memory.
pub const PIPELINE_REQUESTS: usize = 1024;

//! What of a dialog is on the disk, and how more of it gets there. When that happens is not decided here.

use std::sync::{Arc, OnceLock};

use crate::actors::shard::OpenOutbox;
use crate::domain::dialog::{Dialog, Traces};
use crate::storage::{DialogImage, ErasedDialog, Image, Indexed, Packed, encode_head};

/// What of a dialog is on disk, or on its way there.
#[derive(Debug, Clone, Copy, Default)]
pub struct OnDisk {
    /// The fingerprint of the image.
    pub fingerprint: Fingerprinted,
    /// Whether the image is that of an open dialog.
    pub open: bool,
    /// Whether the dialog is as its image says.
    pub clean: bool,
}

/// What is known of the fingerprint of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fingerprinted {
    /// There is no image.
    #[default]
    Not,
    /// It is this.
    As(u64),
    /// It is that of the dialog as it is: nobody has taken it yet.
    AsItIs,
}

impl Fingerprinted {
    /// The fingerprint that the image of `dialog` has, which has not changed since; 0 if there is none.
    pub(super) fn of(self, dialog: &Dialog) -> u64 {
        match self {
            Self::Not => 0,
            Self::As(fingerprint) => fingerprint,
            Self::AsItIs => Packed::of(dialog).fingerprint,
        }
    }
}

/// What has just happened to a dialog that its image has to tell.
#[derive(Debug, Default)]
pub struct News {
    /// It has ended.
    pub ends: bool,
    /// It was erased: what led to its messages.
    pub erased: Option<Traces>,
}

/// Sends an image of a dialog to disk, and says what is there then.
pub fn send_image(dialog: &Arc<Dialog>, before: OnDisk, news: News, outbox: &mut OpenOutbox<'_>) -> OnDisk {
    let closed = dialog.is_closed().then(|| Arc::clone(dialog));
    let packed = closed.is_none().then(|| Packed::of(dialog));
    let fingerprint = packed.as_ref().map(|packed| packed.fingerprint);
    let on_disk = OnDisk {
        fingerprint: fingerprint.map_or(Fingerprinted::AsItIs, Fingerprinted::As),
        open: closed.is_none(),
        clean: true,
    };
    let image = Arc::new(DialogImage {
        id: dialog.id,
        open: packed.map(|packed| packed.state),
        fingerprint: fingerprint.map_or_else(OnceLock::new, OnceLock::from),
        fingerprint_before: before.fingerprint.of(dialog),
        requests: Indexed::all(dialog),
        head: encode_head(dialog),
        closed,
        was_open_on_disk: before.open,
        was_closed_on_disk: before.fingerprint != Fingerprinted::Not && !before.open,
        ends: news.ends,
        erased: news.erased.map(|traces| Box::new(ErasedDialog { opened_at: dialog.opened_at, traces })),
    });
    let shared = outbox.shared();
    if on_disk.open {
        shared.fingerprint.add(image.fingerprint_delta());
    }
    shared.reader.announce(&image);
    outbox.image(Image::Dialog(image));
    on_disk
}

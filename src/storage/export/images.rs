//! Images of dialogs in the order of their ids, over what cannot be read.

use crate::domain::dialog::Dialog;
use crate::error::Error;
use crate::ids::DialogId;
use crate::storage::fingerprint::{Thing, fingerprint};
use crate::storage::image::{StoredImage, decode_state, dialog_key, dialog_of, dialog_range};
use crate::storage::pages::Pages;
use crate::storage::rocks::{Disk, Table};

/// The images of open dialogs, or of closed ones.
pub(super) struct Images<'a> {
    pages: Pages<'a>,
    closed: bool,
    /// The last dialog of which an image was found.
    last: u64,
}

impl<'a> Images<'a> {
    pub fn new(disk: &'a Disk, closed: bool) -> Self {
        let (from, to) = dialog_range(closed);
        Self { pages: Pages::new(disk, Table::Dialogs, &from, Some(&to)), closed, last: 0 }
    }

    /// The next dialog. After an error nothing follows, unless it is passed over.
    pub fn peek(&mut self) -> Result<Option<DialogId>, Error> {
        self.pages.peek()?.map(dialog_of).transpose()
    }

    /// The image of this dialog, if it is the next one, which was looked at before.
    pub fn take(&mut self, id: DialogId) -> Result<Option<Vec<u8>>, Error> {
        if self.peek().ok().flatten() != Some(id) {
            return Ok(None);
        }
        self.last = id.0;
        Ok(self.pages.next()?.map(|(_, value)| value))
    }

    /// Goes on behind what cannot be read.
    pub fn pass_over(&mut self) {
        let closed = self.closed;
        self.pages.pass_over(self.last, |id| dialog_key(DialogId(id), closed).to_vec());
    }
}

/// The dialog of an image, with its fingerprint.
pub(super) fn dialog_in(id: DialogId, value: &[u8]) -> Result<(Dialog, u64), Error> {
    let place = || format!("image of dialog {id}");
    let image = StoredImage::parse(value, place)?;
    let dialog: Dialog = decode_state(image.state, place)?;
    if dialog.id != id {
        return Err(Error::Damaged { place: place(), reason: format!("it holds dialog {}", dialog.id) });
    }
    Ok((dialog, fingerprint(Thing::Dialog(id), image.state)))
}

//! What the images of one write change in the index.

use std::collections::BTreeMap;
use std::sync::Arc;

use hashbrown::{HashMap, HashSet};

use super::gathered::Additions;
use super::{FactHash, Key, Posting, parse, place_of};
use crate::error::Error;
use crate::storage::image::{DialogImage, StoredImage, decode_state, dialog_key};
use crate::storage::rocks::{Changes, Disk, Table};

/// Whole sets from which dialogs are gone, to be put in the place of those on the disk; empty ones are deleted.
pub(in crate::storage) struct IndexChanges(Vec<(Key, Posting)>);

impl IndexChanges {
    /// What images of dialogs take out of the index; several of one dialog stand one after the other. Only one
    /// thread writes images, so that nothing changes between this and the write.
    pub fn of<'a>(images: impl Iterator<Item = &'a Arc<DialogImage>>, disk: &Disk) -> Result<Self, Error> {
        let mut removed = HashMap::<Key, Vec<u16>>::new();
        let closed: Vec<_> = images.filter_map(|image| Some((image, image.closed.as_ref()?))).collect();
        for images in closed.chunk_by(|(one, _), (other, _)| one.id == other.id) {
            let (Some((first, _)), Some((_, dialog))) = (images.first(), images.last()) else { continue };
            if first.was_closed_on_disk {
                let (block, place) = place_of(first.id);
                for fact in stored_facts(first, disk)?.difference(&FactHash::all_of(dialog)) {
                    removed.entry(fact.key(block)).or_default().push(place);
                }
            }
        }
        replaced(removed, disk).map(Self)
    }

    /// Puts the changes, and what is added. What is replaced comes first: what is added goes to what it leaves.
    pub fn put(&self, added: &Additions, changes: &mut Changes<'_>) {
        for (key, posting) in &self.0 {
            match posting.is_empty() {
                true => changes.delete(Table::Finding, key),
                false => changes.put(Table::Finding, key, &posting.encode()),
            }
        }
        for (key, places) in added.iter() {
            changes.unite(Table::Finding, key, places);
        }
    }
}

fn replaced(removed: HashMap<Key, Vec<u16>>, disk: &Disk) -> Result<Vec<(Key, Posting)>, Error> {
    let mut replaced = Vec::new();
    for (key, places) in removed.into_iter().collect::<BTreeMap<_, _>>() {
        if let Some(value) = disk.get(Table::Finding, &key)? {
            replaced.push((key, parse(&key, &value)?.remove(&places)));
        }
    }
    Ok(replaced)
}

/// The facts of the image that is replaced.
fn stored_facts(image: &DialogImage, disk: &Disk) -> Result<HashSet<FactHash>, Error> {
    match disk.get(Table::Dialogs, &dialog_key(image.id, true))? {
        Some(value) => {
            let stored = StoredImage::parse(&value, || format!("image of dialog {}", image.id))?;
            let place = || format!("image of dialog {}", image.id);
            Ok(FactHash::all_of(&decode_state(stored.state, place)?))
        }
        None => Ok(HashSet::new()),
    }
}

//! The operators of a replay, as far as it can see them: who is there and holds how many dialogs.
//!
//! Nothing here gives a dialog to anybody; that is the engine's work, and this checks it.

use hashbrown::HashMap;

use super::commands;
use crate::ids::OperatorId;

struct Desk {
    operator: OperatorId,
    online: bool,
    held: u32,
}

/// All operators, by place.
pub(super) struct Desks {
    desks: Vec<Desk>,
    places: HashMap<OperatorId, usize>,
    capacity: u32,
    online: u32,
    /// Online and holding nothing.
    idle: u32,
    /// Online and holding less than the capacity.
    free: u32,
}

impl Desks {
    /// `count` operators, nobody there yet, each for `capacity` dialogs at once.
    pub(super) fn new(count: usize, capacity: u32) -> Self {
        let desk = |place| Desk { operator: commands::operator(place), online: false, held: 0 };
        let desks: Vec<Desk> = (0..count).map(desk).collect();
        let places = desks.iter().enumerate().map(|(place, desk)| (desk.operator.clone(), place)).collect();
        Self { desks, places, capacity, online: 0, idle: 0, free: 0 }
    }

    pub(super) fn count(&self) -> usize {
        self.desks.len()
    }

    pub(super) fn online(&self) -> u32 {
        self.online
    }

    /// Whether somebody could be given a dialog.
    pub(super) fn somebody_is_free(&self) -> bool {
        self.free > 0
    }

    pub(super) fn operator(&self, place: usize) -> &OperatorId {
        &self.desks[place].operator
    }

    pub(super) fn is_online(&self, place: usize) -> bool {
        self.desks[place].online
    }

    /// Who should come or go at once, so that `wanted` are there: the first who is away comes, the
    /// last who holds nothing goes.
    pub(super) fn next_to_move(&self, wanted: u32) -> Option<(usize, bool)> {
        if self.online < wanted {
            return self.desks.iter().position(|desk| !desk.online).map(|place| (place, true));
        }
        if self.online > wanted && self.idle > 0 {
            let idle = |desk: &Desk| desk.online && desk.held == 0;
            return self.desks.iter().rposition(idle).map(|place| (place, false));
        }
        None
    }

    pub(super) fn set_online(&mut self, place: usize, online: bool) {
        self.change(place, |desk| desk.online = online);
    }

    /// The operator was given a dialog; says why it may not have been.
    pub(super) fn take(&mut self, operator: &OperatorId) -> Result<usize, String> {
        let place =
            *self.places.get(operator).ok_or_else(|| format!("{operator} is no operator of this replay"))?;
        if !self.desks[place].online {
            return Err(format!("{operator} was given a dialog while offline"));
        }
        if self.desks[place].held >= self.capacity {
            return Err(format!("{operator} was given a dialog above its capacity of {}", self.capacity));
        }
        self.change(place, |desk| desk.held += 1);
        Ok(place)
    }

    pub(super) fn give_back(&mut self, place: usize) {
        self.change(place, |desk| desk.held -= 1);
    }

    fn change(&mut self, place: usize, change: impl FnOnce(&mut Desk)) {
        let desk = &mut self.desks[place];
        let counted = |desk: &Desk| {
            let online = desk.online;
            [online, online && desk.held == 0, online && desk.held < self.capacity].map(u32::from)
        };
        let before = counted(desk);
        change(desk);
        let after = counted(desk);
        self.online = self.online - before[0] + after[0];
        self.idle = self.idle - before[1] + after[1];
        self.free = self.free - before[2] + after[2];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_comes_and_the_last_who_holds_nothing_goes() {
        let mut desks = Desks::new(3, 1);
        for place in 0..3 {
            assert_eq!(desks.next_to_move(3), Some((place, true)));
            desks.set_online(place, true);
        }
        assert_eq!(desks.next_to_move(3), None);
        desks.take(&commands::operator(2)).unwrap();
        assert_eq!(desks.next_to_move(1), Some((1, false)));
        desks.set_online(1, false);
        desks.take(&commands::operator(0)).unwrap();
        assert_eq!(desks.next_to_move(1), None);
        assert!(!desks.somebody_is_free());
        desks.give_back(2);
        assert_eq!(desks.next_to_move(1), Some((2, false)));
    }

    #[test]
    fn nobody_is_given_more_than_fits_nor_anything_while_away() {
        let mut desks = Desks::new(1, 2);
        let operator = commands::operator(0);
        assert!(desks.take(&operator).unwrap_err().contains("offline"));
        desks.set_online(0, true);
        desks.take(&operator).unwrap();
        desks.take(&operator).unwrap();
        assert!(desks.take(&operator).unwrap_err().contains("capacity"));
        assert!(desks.take(&commands::operator(7)).unwrap_err().contains("no operator"));
    }
}

//! Installs an app, or replaces it. Operators attach installed apps to dialogs.

use serde::{Deserialize, Serialize};

use crate::domain::form;
use crate::error::Rejection;
use crate::ids::{AppId, OperatorId};

/// An app that an administrator has installed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct App {
    /// Its id.
    pub id: AppId,
    /// For people.
    pub name: String,
    /// The bot that takes part in the dialogs to which it is attached.
    pub bot: Option<OperatorId>,
}

/// From now on the app is like this.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "Line")]
pub struct PutApp {
    /// The app.
    pub app: App,
}

/// `put_app` as it stands in the line protocol, with its defaults.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    app: AppId,
    #[serde(default)]
    name: String,
    bot: Option<OperatorId>,
}

impl From<Line> for PutApp {
    fn from(line: Line) -> Self {
        let Line { app, name, bot } = line;
        Self { app: App { id: app, name, bot } }
    }
}

impl PutApp {
    /// An app without a bot.
    pub fn new(app: AppId, name: impl Into<String>) -> Self {
        Self { app: App { id: app, name: name.into(), bot: None } }
    }

    /// Checks lengths.
    ///
    /// # Errors
    /// `too_large`, with the field.
    pub fn validate(&self) -> Result<(), Rejection> {
        form::name("name", &self.app.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    #[test]
    fn a_name_has_its_limit() {
        let app = |name: String| PutApp::new(AppId::new("stock").unwrap(), name);
        assert_eq!(app("Stock".into()).validate(), Ok(()));
        assert_eq!(app("x".repeat(257)).validate().unwrap_err().code, Code::TooLarge);
    }
}

//! What a message can hold, as methods: files as bytes, the library, and what comes back from it.

use super::operator::AsOperator;
use super::{Engine, Execution};
use crate::domain::dialog::command::{
    AttachApp, SendCanned, SendCard, SendForm, SendPayment, SubmitForm, UpdatePayment, WriteReply,
};
use crate::domain::dialog::{FormAnswer, PaymentStatus};
use crate::domain::file::NewFile;
use crate::domain::library::{PutApp, PutCannedReply, PutForm, SaveCanned};
use crate::domain::reply::Written;
use crate::ids::{AppId, CannedId, DialogId, FormId, MessageId};

impl Engine {
    /// Creates or replaces a canned reply.
    pub fn put_canned_reply(&self, reply: PutCannedReply) -> Execution<()> {
        self.host(reply)
    }

    /// Creates or replaces a form. What was sent before stays as it was.
    pub fn put_form(&self, form: PutForm) -> Execution<()> {
        self.host(form)
    }

    /// Installs an app, or replaces it.
    pub fn put_app(&self, app: PutApp) -> Execution<()> {
        self.host(app)
    }

    /// A client filled in the form of a message.
    pub fn submit_form(
        &self,
        message: MessageId,
        answers: impl IntoIterator<Item = (String, FormAnswer)>,
    ) -> Execution<()> {
        self.host(SubmitForm { message, answers: answers.into_iter().collect() })
    }

    /// Something has become of the payment of a message.
    pub fn payment_status(&self, message: MessageId, status: PaymentStatus) -> Execution<()> {
        self.host(UpdatePayment { message, status })
    }
}

impl AsOperator {
    /// Writes a reply with all that one can hold: a quotation, mentions, files.
    pub fn send(&self, reply: WriteReply) -> Execution<Written> {
        self.write(reply)
    }

    /// Writes to the client and sends a file along. The bytes are stored once, whoever sends them,
    /// and are as durable as the message when the outcome is there.
    pub fn send_file(
        &self,
        dialog: DialogId,
        text: impl Into<String>,
        name: impl Into<String>,
        media_type: impl Into<String>,
        bytes: Vec<u8>,
    ) -> Execution<Written> {
        self.write(WriteReply::new(dialog, text).file(NewFile::upload(name, media_type, bytes)))
    }

    /// Sends a canned reply with its placeholders filled in.
    pub fn send_canned(&self, dialog: DialogId, canned: CannedId) -> Execution<Written> {
        self.write(SendCanned { dialog, canned })
    }

    /// Sends a form, which the client may fill in once.
    pub fn send_form(&self, dialog: DialogId, form: FormId) -> Execution<Written> {
        self.write(SendForm { dialog, form })
    }

    /// Asks the client to pay.
    pub fn send_payment(&self, payment: SendPayment) -> Execution<Written> {
        self.write(payment)
    }

    /// Sends a card of the company.
    pub fn send_card(&self, card: SendCard) -> Execution<Written> {
        self.write(card)
    }

    /// Makes a canned reply of a message, for myself.
    pub fn save_canned(&self, message: MessageId, canned: CannedId) -> Execution<()> {
        self.act(SaveCanned { message, canned })
    }

    /// Attaches an installed app to a dialog.
    pub fn attach_app(&self, dialog: DialogId, app: AppId) -> Execution<()> {
        self.act(AttachApp { dialog, app })
    }
}

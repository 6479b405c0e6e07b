//! An uploaded file with its content.

use serde::Serialize;

use crate::domain::dialog::Message;
use crate::domain::dialog::command::no_such_message;
use crate::domain::file::{File, FileBytes, FileHash, FilePlace};
use crate::error::Rejection;

/// An uploaded file with its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FileView {
    /// What it is called.
    pub name: String,
    /// What it is.
    pub media_type: String,
    /// Bytes of its content.
    pub size: u64,
    /// Of its content.
    pub hash: String,
    /// Its content.
    #[serde(rename = "data_base64")]
    pub bytes: FileBytes,
}

impl FileView {
    /// The file with its content, which was found under its hash.
    pub fn of(file: File, hash: FileHash, bytes: FileBytes) -> Self {
        let File { name, media_type, size, place: _ } = file;
        Self { name, media_type, size, hash: hash.to_string(), bytes }
    }
}

/// The uploaded file at `index` of a message, with the hash of its content.
///
/// # Errors
/// `message_not_found` if there is no message; `invalid_argument` if it has no such file, or one
/// that stays on the host's drive.
pub fn uploaded(message: Option<&Message>, index: u32) -> Result<(File, FileHash), Rejection> {
    let files = message.ok_or_else(no_such_message)?.files();
    match files.get(index as usize) {
        Some(file) => match &file.place {
            FilePlace::Stored(hash) => Ok((file.clone(), *hash)),
            FilePlace::Url(_) => Err(Rejection::invalid("index", "this file is where its url says")),
        },
        None => Err(Rejection::invalid("index", format!("the message has {} files", files.len()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dialog::{Author, Content, Visibility};
    use crate::domain::file::NewFile;
    use crate::domain::testing::NOW;
    use crate::error::Code;
    use crate::ids::MessageId;

    #[test]
    fn an_uploaded_file_is_found_by_its_place_in_the_message() {
        let upload = NewFile::upload("a.txt", "text/plain", b"hello".to_vec()).to_file();
        let reference = NewFile::reference("b.png", "image/png", 7, "drive:1").to_file();
        let content = Content { files: vec![reference, upload.clone()], ..Content::default() };
        let message = Message::new(MessageId(1), Author::Client, Visibility::Public, String::new(), NOW);
        let message = message.holding(content);
        let hash = FileHash::of(b"hello");
        assert_eq!(uploaded(Some(&message), 1), Ok((upload.clone(), hash)));
        for index in [0, 2] {
            let rejection = uploaded(Some(&message), index).unwrap_err();
            assert_eq!((rejection.code, rejection.field.as_deref()), (Code::InvalidArgument, Some("index")));
        }
        assert_eq!(uploaded(None, 0).unwrap_err().code, Code::MessageNotFound);
        let view = FileView::of(upload, hash, b"hello".to_vec().into());
        let line = serde_json::to_value(view).unwrap();
        assert_eq!((&line["data_base64"], &line["size"]), (&"aGVsbG8=".into(), &5.into()));
    }
}

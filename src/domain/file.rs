//! Files of messages: what a message holds of them, and what is sent to make it so.
//!
//! The bytes of an uploaded file are stored once, under the hash of their content, and never in a
//! dialog. The only place that names sha2 and base64.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

use super::form;
use crate::error::{Code, Rejection};
use crate::limits;

/// The SHA-256 of a file's content, under which it is stored.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FileHash(pub [u8; 32]);

impl FileHash {
    /// The hash of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

/// As `sha256sum` shows it.
impl fmt::Display for FileHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for FileHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What a message holds of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// What it is called.
    pub name: String,
    /// What it is, as in `image/png`.
    pub media_type: String,
    /// Bytes of its content.
    pub size: u64,
    /// Where its content is.
    pub place: FilePlace,
}

/// Where the content of a file is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum FilePlace {
    /// On the host's drive.
    Url(String),
    /// In the data directory.
    Stored(FileHash),
}

/// The content of a file. Cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub struct FileBytes(Arc<Vec<u8>>);

impl From<Vec<u8>> for FileBytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Arc::new(bytes))
    }
}

impl Deref for FileBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for FileBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.len())
    }
}

impl<'de> Deserialize<'de> for FileBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        let bytes = STANDARD.decode(text.as_bytes());
        bytes.map(Self::from).map_err(|error| serde::de::Error::custom(format!("it is not base64: {error}")))
    }
}

impl Serialize for FileBytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(&self[..]))
    }
}

/// A file that somebody sends.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Line")]
pub struct NewFile {
    /// What it is called.
    pub name: String,
    /// What it is, as in `image/png`.
    pub media_type: String,
    /// Bytes of its content, if the sender says so. An upload must have as many.
    pub size: Option<u64>,
    /// Where its content comes from.
    pub source: FileSource,
}

/// Where the content of a new file comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileSource {
    /// It stays on the host's drive.
    Url(String),
    /// It is here.
    Bytes(FileBytes),
    /// It travels beside the command, see [`NewFile::detach`].
    Detached {
        /// Its hash.
        hash: FileHash,
        /// Its size.
        size: u64,
    },
}

/// A file as it stands in the line protocol: with exactly one of two sources.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    name: String,
    media_type: String,
    size: Option<u64>,
    url: Option<String>,
    data_base64: Option<FileBytes>,
}

impl TryFrom<Line> for NewFile {
    type Error = &'static str;

    fn try_from(line: Line) -> Result<Self, &'static str> {
        let source = match (line.url, line.data_base64) {
            (Some(_), None) if line.size.is_none() => {
                return Err("missing field `size`, which goes with `url`");
            }
            (Some(url), None) => FileSource::Url(url),
            (None, Some(bytes)) => FileSource::Bytes(bytes),
            (None, None) => return Err("missing field `url`, or `data_base64` instead"),
            (Some(_), Some(_)) => return Err("unknown field `data_base64` beside `url`"),
        };
        Ok(Self { name: line.name, media_type: line.media_type, size: line.size, source })
    }
}

/// The content of a file on its way to the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// Under which it is stored.
    pub hash: FileHash,
    /// What is stored.
    pub bytes: FileBytes,
}

impl NewFile {
    /// A file with its content.
    pub fn upload(name: impl Into<String>, media_type: impl Into<String>, bytes: Vec<u8>) -> Self {
        let source = FileSource::Bytes(bytes.into());
        Self { name: name.into(), media_type: media_type.into(), size: None, source }
    }

    /// A file that stays on the host's drive.
    pub fn reference(
        name: impl Into<String>,
        media_type: impl Into<String>,
        size: u64,
        url: impl Into<String>,
    ) -> Self {
        let source = FileSource::Url(url.into());
        Self { name: name.into(), media_type: media_type.into(), size: Some(size), source }
    }

    /// Takes the content out, so that the command goes through the house without it.
    pub fn detach(&mut self) -> Option<Upload> {
        let FileSource::Bytes(bytes) = &self.source else { return None };
        let upload = Upload { hash: FileHash::of(bytes), bytes: bytes.clone() };
        self.source = FileSource::Detached { hash: upload.hash, size: bytes.len() as u64 };
        Some(upload)
    }

    /// Bytes of content that it carries.
    pub fn bytes(&self) -> usize {
        match &self.source {
            FileSource::Bytes(bytes) => bytes.len(),
            _ => 0,
        }
    }

    /// What a message holds of it.
    pub fn to_file(&self) -> File {
        let (size, place) = match &self.source {
            FileSource::Url(url) => (self.size.unwrap_or(0), FilePlace::Url(url.clone())),
            FileSource::Bytes(bytes) => (bytes.len() as u64, FilePlace::Stored(FileHash::of(bytes))),
            FileSource::Detached { hash, size } => (*size, FilePlace::Stored(*hash)),
        };
        File { name: self.name.clone(), media_type: self.media_type.clone(), size, place }
    }

    fn validate(&self, field: impl Fn(&str) -> String) -> Result<(), Rejection> {
        form::filled_name(field("name"), &self.name)?;
        form::media_type(field("media_type"), &self.media_type)?;
        let size = match &self.source {
            FileSource::Url(url) => return form::url(field("url"), url),
            FileSource::Bytes(bytes) => bytes.len() as u64,
            FileSource::Detached { size, .. } => *size,
        };
        if size > limits::FILE_BYTES as u64 {
            let message = format!("an uploaded file has at most {} bytes", limits::FILE_BYTES);
            return Err(Rejection::new(Code::TooLarge, message).at(field("data_base64")));
        }
        if self.size.is_some_and(|said| said != size) {
            return Err(Rejection::invalid(field("size"), format!("the content has {size} bytes")));
        }
        Ok(())
    }
}

/// Checks the files of a message.
pub(super) fn validate(files: &[NewFile]) -> Result<(), Rejection> {
    if files.len() > limits::MESSAGE_FILES {
        let message = format!("a message has at most {} files", limits::MESSAGE_FILES);
        return Err(Rejection::new(Code::TooLarge, message).at("files"));
    }
    let mut each = files.iter().enumerate();
    each.try_for_each(|(at, file)| file.validate(|name| format!("files[{at}].{name}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<NewFile, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    #[track_caller]
    fn refused(file: NewFile, code: Code, field: &str) {
        let rejection = validate(&[file]).unwrap_err();
        assert_eq!((rejection.code, rejection.field.as_deref()), (code, Some(field)));
    }

    #[test]
    fn a_file_is_uploaded_or_referred_to() {
        let upload = read(r#"{"name":"a.txt","media_type":"text/plain","data_base64":"aGVsbG8="}"#).unwrap();
        assert_eq!(upload, NewFile::upload("a.txt", "text/plain", b"hello".to_vec()));
        let url = read(r#"{"name":"a.txt","media_type":"text/plain","size":5,"url":"drive:7"}"#).unwrap();
        assert_eq!(url, NewFile::reference("a.txt", "text/plain", 5, "drive:7"));
        for (rest, missing) in [
            (r#""size":5"#, "`url`"),
            (r#""url":"drive:7""#, "`size`"),
            (r#""url":"drive:7","size":1,"data_base64":"""#, "`data_base64`"),
            (r#""data_base64":"***""#, "base64"),
        ] {
            let error = read(&format!(r#"{{"name":"a","media_type":"text/plain",{rest}}}"#)).unwrap_err();
            assert!(error.contains(missing), "{error}");
        }
    }

    #[test]
    fn the_content_is_taken_out_and_its_hash_and_size_stay() {
        let mut file = NewFile::upload("a.txt", "text/plain", b"hello".to_vec());
        let before = file.to_file();
        let upload = file.detach().unwrap();
        assert_eq!(&upload.bytes[..], b"hello");
        assert_eq!((file.to_file(), file.bytes(), file.detach()), (before, 0, None));
        let known = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
        assert_eq!(upload.hash.to_string(), known);
    }

    #[test]
    fn size_type_and_number_have_their_limits() {
        let upload = |bytes| NewFile::upload("a", "text/plain", vec![0; bytes]);
        assert_eq!(validate(&[upload(limits::FILE_BYTES)]), Ok(()));
        refused(upload(limits::FILE_BYTES + 1), Code::TooLarge, "files[0].data_base64");
        refused(NewFile { size: Some(4), ..upload(5) }, Code::InvalidArgument, "files[0].size");
        refused(NewFile { name: String::new(), ..upload(5) }, Code::InvalidArgument, "files[0].name");
        refused(
            NewFile { media_type: "text".into(), ..upload(5) },
            Code::InvalidArgument,
            "files[0].media_type",
        );
        refused(NewFile::reference("a", "text/plain", 1, ""), Code::InvalidArgument, "files[0].url");
        let many = vec![upload(0); limits::MESSAGE_FILES + 1];
        assert_eq!(validate(&many).unwrap_err().code, Code::TooLarge);
        assert_eq!(validate(&[NewFile::reference("film", "video/mp4", 1 << 40, "drive:8")]), Ok(()));
    }
}

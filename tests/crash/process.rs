//! `centrala run` as a process that can be killed. Knows lines, not what they mean.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::{Value, json};

/// Long enough for the slowest machine; who waits longer waits for ever.
const PATIENCE: Duration = Duration::from_secs(60);

/// How a process is started.
#[derive(Debug, Clone, Default)]
pub struct Setup {
    /// The data directory.
    pub data: PathBuf,
    /// Further arguments of `run`.
    pub arguments: Vec<String>,
    /// A program with arguments that runs the process and disturbs it.
    pub under: Vec<String>,
}

impl Setup {
    fn command(&self) -> Command {
        let mut words = self.under.iter().map(String::as_str).chain([env!("CARGO_BIN_EXE_centrala")]);
        let mut command = Command::new(words.next().expect("the binary was built with this test"));
        command.args(words).arg("run").arg("--data").arg(&self.data).args(&self.arguments);
        command
    }
}

/// How a process ended.
#[derive(Debug)]
pub struct Ended {
    /// Its status.
    pub status: ExitStatus,
    /// What it wrote to standard error.
    pub said: String,
}

/// A running `centrala run`.
#[derive(Debug)]
pub struct Process {
    child: Child,
    input: BufWriter<ChildStdin>,
    output: Receiver<String>,
    said: JoinHandle<String>,
    sent: u64,
    /// Numbers of the requests that are still to be answered, in their order.
    awaited: VecDeque<u64>,
}

impl Process {
    /// Starts one. It may still be reading its data directory when this returns.
    pub fn start(setup: &Setup) -> Self {
        let mut child = setup
            .command()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary was built with this test");
        let said = listen(child.stderr.take().expect("it is piped"));
        let input = BufWriter::new(child.stdin.take().expect("it is piped"));
        let mut lines = BufReader::new(child.stdout.take().expect("it is piped"));
        let (sender, output) = mpsc::channel();
        thread::spawn(move || {
            loop {
                let mut line = String::new();
                let read = lines.read_line(&mut line);
                // A line without an end was cut off by a kill: nobody was told anything.
                if read.is_err() || !line.ends_with('\n') || sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self { child, input, output, said, sent: 0, awaited: VecDeque::new() }
    }

    /// Its number in the operating system.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a request. What cannot be sent any more is as good as lost on the way.
    pub fn send(&mut self, mut request: Value) {
        self.sent += 1;
        request["ref"] = json!(self.sent);
        self.awaited.push_back(self.sent);
        let _ = writeln!(self.input, "{request}");
    }

    /// How many requests are not answered yet.
    pub fn in_flight(&self) -> usize {
        self.awaited.len()
    }

    /// Waits for the next reply; nothing if there will be none.
    pub fn reply(&mut self) -> Option<Reply> {
        let _ = self.input.flush();
        match self.output.recv_timeout(PATIENCE) {
            Ok(line) => Some(self.read(&line)),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("no reply within {PATIENCE:?}"),
        }
    }

    /// The next reply, if it comes in time.
    pub fn reply_within(&mut self, limit: Duration) -> Option<Reply> {
        let _ = self.input.flush();
        let line = self.output.recv_timeout(limit).ok()?;
        Some(self.read(&line))
    }

    /// Sends one request when nothing else is under way, and waits for its reply.
    pub fn ask(&mut self, request: Value) -> Reply {
        let sent = request.clone();
        self.ask_if_alive(request).unwrap_or_else(|| panic!("the process ended instead of answering {sent}"))
    }

    /// The same; nothing if the process ends instead of answering.
    pub fn ask_if_alive(&mut self, request: Value) -> Option<Reply> {
        assert_eq!(self.in_flight(), 0, "replies to other requests are still to come");
        self.send(request);
        self.reply()
    }

    /// Sends many requests at once, and waits for all their replies.
    pub fn ask_all(&mut self, requests: Vec<Value>) -> Vec<Reply> {
        const WINDOW: usize = 256;
        assert_eq!(self.in_flight(), 0, "replies to other requests are still to come");
        let mut replies = Vec::with_capacity(requests.len());
        for request in requests {
            self.send(request);
            if self.in_flight() >= WINDOW {
                replies.push(self.reply().expect("the process is alive"));
            }
        }
        while self.in_flight() > 0 {
            replies.push(self.reply().expect("the process is alive"));
        }
        replies
    }

    /// Kills it on the spot, and gives the replies that had left it and were not yet looked at.
    pub fn kill(mut self) -> Vec<Reply> {
        let _ = self.input.flush();
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it can be waited for");
        let mut late = Vec::new();
        while let Ok(line) = self.output.recv_timeout(PATIENCE) {
            late.push(self.read(&line));
        }
        late
    }

    /// Kills it a moment after its start, unless it answers before that.
    pub fn kill_after(mut self, moment: Duration) {
        let _ = self.input.flush();
        let _ = self.output.recv_timeout(moment);
        self.kill();
    }

    /// Ends its input and waits until it has closed its data directory.
    pub fn close(self) {
        let Ended { status, said } = self.end();
        assert!(status.success(), "it ended with {status}: {said}");
    }

    /// Ends its input and waits until it ends, however it does.
    pub fn end(self) -> Ended {
        let Self { mut child, input, said, .. } = self;
        drop(input);
        let status = child.wait().expect("it can be waited for");
        Ended { status, said: said.join().expect("it only reads") }
    }

    fn read(&mut self, line: &str) -> Reply {
        let value: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line:?}"));
        let number = self.awaited.pop_front().unwrap_or_else(|| panic!("nobody asked for {line}"));
        assert_eq!(value["ref"], json!(number), "replies come in the order of requests: {line}");
        Reply(value)
    }
}

/// A reply.
#[derive(Debug, Clone)]
pub struct Reply(Value);

impl Reply {
    /// What it says if the request was done.
    #[track_caller]
    pub fn ok(&self) -> &Value {
        self.0.get("ok").unwrap_or_else(|| panic!("refused: {}", self.0))
    }

    /// The code if it was refused.
    pub fn code(&self) -> Option<&str> {
        self.0["error"]["code"].as_str()
    }

    /// Why it was refused, for people.
    pub fn sentence(&self) -> &str {
        self.0["error"]["message"].as_str().unwrap_or_default()
    }
}

/// Keeps what a process says on standard error, and says it aloud for whoever reads why a test failed.
fn listen(errors: impl Read + Send + 'static) -> JoinHandle<String> {
    thread::spawn(move || {
        let (mut errors, mut said) = (BufReader::new(errors), String::new());
        loop {
            let before = said.len();
            if errors.read_line(&mut said).is_ok_and(|bytes| bytes > 0) {
                eprint!("{}", &said[before..]);
            } else {
                return said;
            }
        }
    })
}

/// Runs `centrala verify` on a directory, which must be whole.
pub fn verify(data: &Path) {
    let output = Command::new(env!("CARGO_BIN_EXE_centrala"))
        .arg("verify")
        .arg(data)
        .output()
        .expect("the binary was built with this test");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "verify ended with {}: {said}", output.status);
}

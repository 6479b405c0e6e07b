//! `centrala run` as a process that can be killed. Knows lines, not what they mean.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

/// Long enough for the slowest machine; who waits longer waits for ever.
const PATIENCE: Duration = Duration::from_secs(60);

/// How a process is started.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The data directory.
    pub data: PathBuf,
    /// Further arguments of `run`.
    pub arguments: Vec<String>,
}

impl Setup {
    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_centrala"));
        command.arg("run").arg("--data").arg(&self.data).args(&self.arguments);
        command
    }
}

/// A running `centrala run`.
#[derive(Debug)]
pub struct Process {
    child: Child,
    input: BufWriter<ChildStdin>,
    output: Receiver<String>,
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
            .stderr(Stdio::inherit())
            .spawn()
            .expect("the binary was built with this test");
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
        Self { child, input, output, sent: 0, awaited: VecDeque::new() }
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
        assert_eq!(self.in_flight(), 0, "replies to other requests are still to come");
        let sent = request.clone();
        self.send(request);
        self.reply().unwrap_or_else(|| panic!("the process ended instead of answering {sent}"))
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
        let Self { mut child, input, .. } = self;
        drop(input);
        let status = child.wait().expect("it can be waited for");
        assert!(status.success(), "it ended with {status}");
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

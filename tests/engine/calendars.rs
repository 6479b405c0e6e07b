//! Requests in standard formats, put into a real server of calendars and address books: Radicale, on
//! the loopback, over CalDAV and CardDAV.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use centrala::domain::dialog::command::{FromMessage, SaveToCrm};
use centrala::domain::dialog::{Contact, RequestKind};
use centrala::domain::view::RequestView;
use centrala::requests::formats::Formats;
use centrala::requests::{Outcome, RequestHandler, Worker};
use centrala::timestamp::Timestamp;
use serde_json::json;
use tempfile::TempDir;
use ureq::Agent;
use ureq::http::Request;

use crate::house::{House, by, id, message, put_operator, requests};
use crate::time_limit::in_time;

/// Long enough for the slowest machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Ports that are tried: somebody else may take one just before the server does.
const PORTS: usize = 5;

/// A running Radicale; ends when dropped.
struct Radicale {
    child: Child,
    address: String,
    agent: Agent,
    _directory: TempDir,
}

impl Drop for Radicale {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Radicale {
    fn start() -> Self {
        let server = server();
        (0..PORTS)
            .find_map(|_| Self::try_start(&server))
            .expect("Radicale listens on none of the ports tried")
    }

    fn try_start(server: &str) -> Option<Self> {
        let directory = tempfile::tempdir().unwrap();
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let mut child = Command::new(server)
            .args(["--config", "", "--auth-type", "none", "--logging-level", "info"])
            .args(["--server-hosts", &format!("127.0.0.1:{port}")])
            .arg("--storage-filesystem-folder")
            .arg(directory.path())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{server} cannot be started: {error}"));
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let (sender, listens) = mpsc::channel();
        thread::spawn(move || {
            let mut line = String::new();
            // It is read to its end, so that the server never waits for a reader.
            while log.read_line(&mut line).is_ok_and(|bytes| bytes > 0) {
                if line.contains("Listening on") || line.contains("server ready") {
                    let _ = sender.send(());
                }
                line.clear();
            }
        });
        let config = Agent::config_builder().allow_non_standard_methods(true).http_status_as_error(false);
        let agent = Agent::new_with_config(config.timeout_global(Some(PATIENCE)).build());
        let address = format!("http://127.0.0.1:{port}");
        let radicale = Self { child, address, agent, _directory: directory };
        listens.recv_timeout(PATIENCE).ok().map(|()| radicale)
    }

    fn call(&self, method: &str, path: &str, media_type: &str, body: &str) -> (u16, String) {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.address))
            // anna, with any password.
            .header("authorization", "Basic YW5uYTphbm5h")
            .header("depth", "1")
            .header("content-type", media_type)
            .body(body.to_owned())
            .unwrap();
        let mut response = self.agent.run(request).unwrap();
        (response.status().as_u16(), response.body_mut().read_to_string().unwrap())
    }

    fn make_collections(&self) {
        assert_eq!(self.call("MKCALENDAR", "/anna/calendar/", "text/xml", "").0, 201);
        let book = r#"<?xml version="1.0"?><mkcol xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav"><set>
            <prop><resourcetype><collection/><C:addressbook/></resourcetype></prop></set></mkcol>"#;
        assert_eq!(self.call("MKCOL", "/anna/people/", "text/xml", book).0, 201);
    }

    /// The names of what is in a collection.
    fn names(&self, collection: &str) -> Vec<String> {
        let (status, listed) = self.call("PROPFIND", collection, "text/xml", "");
        assert_eq!(status, 207);
        let hrefs = listed.split("<href>").skip(1).filter_map(|rest| rest.split("</href>").next());
        let mut names: Vec<String> = hrefs
            .filter(|href| href.starts_with(collection) && *href != collection)
            .map(str::to_owned)
            .collect();
        names.sort();
        names.dedup();
        names
    }
}

/// Where the server is; it is fetched if it is not there yet.
fn server() -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/radicale.sh");
    let output = Command::new("bash").arg(script).arg("path").stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "scripts/radicale.sh says why there is no Radicale");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Puts requests where they belong: a host as there are many.
struct Dav {
    radicale: Arc<Radicale>,
    formats: Formats,
}

impl Dav {
    fn place_of(&self, request: &RequestView) -> (String, &'static str, String) {
        let uid = self.formats.uid(request.request);
        match request.kind_of_request {
            RequestKind::Deal => {
                (format!("/anna/people/{uid}.vcf"), "text/vcard", self.formats.contact(request))
            }
            RequestKind::Task => {
                (format!("/anna/calendar/{uid}.ics"), "text/calendar", self.formats.task(request))
            }
            _ => (format!("/anna/calendar/{uid}.ics"), "text/calendar", self.formats.calendar_event(request)),
        }
    }

    fn put(&self, request: &RequestView) -> (u16, String) {
        let (path, media_type, payload) = self.place_of(request);
        (self.radicale.call("PUT", &path, media_type, &payload).0, path)
    }
}

impl RequestHandler for Dav {
    async fn handle(&self, request: &RequestView) -> Outcome {
        match self.put(request) {
            (200..300, path) => Outcome::completed(path),
            (status @ 400..500, _) => Outcome::failed(format!("refused with {status}")),
            (status, _) => Outcome::retry(format!("answered with {status}")),
        }
    }
}

/// An engine in which a task, an event and a deal are asked for.
fn ask() -> (House, centrala::engine::Engine) {
    let house = House::new();
    let engine = house.open_with(&["anna"], 10, json!({"accept": "auto"}));
    put_operator(&engine, "bea", 10);
    let opened = engine.receive(message("ala", "Zażółć gęślą jaźń; on Friday, please")).wait().unwrap();
    let anna = by(&engine, "anna");
    let time = |text| Some(Timestamp::parse(text).unwrap());
    let task = FromMessage {
        title: Some("Call Ala".into()),
        due: time("2026-01-02T16:00:00Z"),
        assignee: Some(id("bea")),
        ..FromMessage::new(opened.message)
    };
    anna.create_task(task).wait().unwrap();
    let (starts, ends) = (time("2026-01-02T10:00:00Z"), time("2026-01-02T11:00:00Z"));
    anna.create_event(FromMessage { starts, ends, ..FromMessage::new(opened.message) }).wait().unwrap();
    let contact =
        Contact::default().with("name", "Ala Żółw").with("email", "ala@example.org").with("colour", "red");
    anna.save_to_crm(SaveToCrm { dialog: opened.dialog, title: None, contact: Some(contact) })
        .wait()
        .unwrap();
    (house, engine)
}

#[test]
fn a_calendar_server_takes_tasks_events_and_contacts_and_stores_each_once() {
    in_time(|| {
        let radicale = Arc::new(Radicale::start());
        radicale.make_collections();
        let dav =
            Arc::new(Dav { radicale: Arc::clone(&radicale), formats: Formats::new("shop.example.org") });
        let (_house, engine) = ask();
        let worker = Worker::new(engine.clone(), Arc::clone(&dav));
        let (stopper, running) = (worker.stopper(), thread::spawn(|| worker.run_blocking()));
        while !requests(&engine, json!({"status": "open"})).is_empty() {}
        stopper.stop();
        running.join().unwrap().unwrap();
        let page = pollster::block_on(engine.list_requests(Default::default())).unwrap().requests;
        let stored = |request: &RequestView| {
            let path = request.reference.clone().unwrap_or_else(|| panic!("not stored: {request:?}"));
            let (status, text) = radicale.call("GET", &path, "", "");
            assert_eq!(status, 200, "{path}");
            text.replace("\r\n", "\n").replace("\n ", "")
        };
        let before: Vec<String> = page.iter().map(stored).collect();
        let has = |text: &str, lines: &[&str]| {
            let missing = |line: &&&str| !text.lines().any(|found| found == **line);
            assert_eq!(lines.iter().find(missing), None, "in {text}");
        };
        let text = "DESCRIPTION:Zażółć gęślą jaźń\\; on Friday\\, please";
        let uid = |place: usize| format!("UID:{}", dav.formats.uid(page[place].request));
        has(&before[0], &["BEGIN:VTODO", "SUMMARY:Call Ala", "DUE:20260102T160000Z", text, &uid(0)]);
        has(
            &before[1],
            &["BEGIN:VEVENT", "DTSTART:20260102T100000Z", "DTEND:20260102T110000Z", text, &uid(1)],
        );
        has(&before[2], &["VERSION:4.0", "FN:Ala Żółw", "EMAIL:ala@example.org", "NOTE:colour: red"]);
        // Once more, as after a crash before the outcome was written.
        for request in &page {
            assert!((200..300).contains(&dav.put(request).0));
        }
        assert_eq!(page.iter().map(stored).collect::<Vec<_>>(), before);
        assert_eq!(radicale.names("/anna/calendar/").len(), 2);
        assert_eq!(radicale.names("/anna/people/").len(), 1);
        engine.close_blocking().unwrap();
    });
}

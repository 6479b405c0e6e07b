//! What must be true after a restart, whatever the moment of the kill: checked with questions to the
//! new process, against what the old ones had answered.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use crate::chance::Chance;
use crate::client::{CHANNEL, Client, Dialog, OPERATORS, Step};
use crate::process::{Process, Reply};

/// Everything that was ever sent.
#[derive(Debug, Clone, Default)]
pub struct Oracle {
    /// Clients that still write; the others only have to stay as they are.
    pub clients: Vec<Client>,
    /// Operators that were put while commands were under way: their number, and whether each was
    /// answered.
    pub extras: Vec<bool>,
}

/// Whose command is under way, by its place in the oracle.
#[derive(Debug, Clone, Copy)]
pub enum Whose {
    /// A client's, or an operator's on a client's dialog.
    Client(usize),
    /// That of one more operator.
    Extra(usize),
}

/// How many steps of one client may be under way at once.
const DEPTH: usize = 4;

/// How many of the last keys are surely remembered: the window is 100,000, and clients overlap.
const REMEMBERED: usize = 80_000;

/// How many answered commands are sent again after each restart.
const REPLAYS: usize = 100;

impl Oracle {
    /// The set-up that everything else needs. Sent again it changes nothing.
    pub fn set_up(process: &mut Process) {
        set_up().into_iter().for_each(|request| drop(process.ask(request).ok().clone()));
    }

    /// The same with a process that may fail: false if it does.
    pub fn set_up_if_alive(process: &mut Process) -> bool {
        let mut asked = set_up().into_iter().map(|request| process.ask_if_alive(request));
        asked.all(|reply| reply.is_some_and(|reply| reply.code() != Some("storage_failed")))
    }

    /// The next command of a client that may send one.
    pub fn next(&mut self, client: usize, chance: &mut Chance) -> Option<Value> {
        let client = &mut self.clients[client];
        if client.unanswered() >= DEPTH || client.is_old() {
            return None;
        }
        client.next(chance).map(Step::request)
    }

    /// The command that puts one more operator.
    pub fn next_extra(&mut self) -> Value {
        self.extras.push(false);
        put_extra(self.extras.len() - 1)
    }

    /// A command that was under way is answered.
    pub fn hear(&mut self, whose: Whose, reply: &Reply) {
        let answer = reply.ok().clone();
        match whose {
            Whose::Client(client) => self.clients[client].acknowledge(answer),
            Whose::Extra(number) => self.extras[number] = true,
        }
    }

    /// A command that was under way is refused, because the engine has stopped.
    pub fn hear_refusal(&mut self, whose: Whose) {
        if let Whose::Client(client) = whose {
            self.clients[client].refuse();
        }
    }

    /// Checks everything, sends again what was not answered, and checks everything once more.
    pub fn check(&mut self, process: &mut Process, chance: &mut Chance) {
        self.clients.iter_mut().for_each(Client::begin_again);
        self.check_clients(process);
        self.check_extras(process);
        self.send_again(process);
        self.check_clients(process);
        self.check_totals(process);
        self.replay(process, chance);
    }

    /// Checks all that is known here, where others may have written too.
    pub fn check_known(&mut self, process: &mut Process) {
        self.check_clients(process);
        self.check_extras(process);
        self.send_again(process);
        self.check_clients(process);
    }

    fn check_clients(&mut self, process: &mut Process) {
        let find = |client: &Client| json!({"do": "find_dialog", "channel": CHANNEL, "client": client.name});
        let last = process.ask_all(self.clients.iter().map(find).collect());
        let mut chains: Vec<Vec<Value>> =
            last.iter().map(|reply| found(reply).into_iter().collect()).collect();
        while lengthen(&mut chains, process) {}
        let requests = all_requests(process);
        for (client, chain) in self.clients.iter_mut().zip(&chains) {
            client.check(chain, &requests);
        }
        check_uniqueness(chains.iter().flatten());
    }

    fn check_extras(&mut self, process: &mut Process) {
        let get = |number| json!({"do": "get_operator", "operator": extra(number)});
        let replies = process.ask_all((0..self.extras.len()).map(get).collect());
        for (number, reply) in replies.iter().enumerate() {
            match reply.code() {
                Some("operator_not_found") => assert!(!self.extras[number], "{} is lost", extra(number)),
                _ => assert_eq!(reply.ok()["capacity"], json!(number + 1), "{}", extra(number)),
            }
        }
        let unanswered: Vec<_> = (0..self.extras.len()).filter(|number| !self.extras[*number]).collect();
        for reply in process.ask_all(unanswered.iter().map(|number| put_extra(*number)).collect()) {
            reply.ok();
        }
        self.extras.fill(true);
    }

    /// Sends everything again that was not answered: what was done must not be done again.
    fn send_again(&mut self, process: &mut Process) {
        for client in &mut self.clients {
            let unanswered = client.steps[client.acknowledged..].iter().map(Step::request).collect();
            for reply in process.ask_all(unanswered) {
                client.acknowledge(reply.ok().clone());
            }
        }
    }

    /// Every dialog there is belongs to a client that is known here.
    fn check_totals(&self, process: &mut Process) {
        let health = process.ask(json!({"do": "health"})).ok().clone();
        let dialogs: HashSet<u64> =
            self.clients.iter().flat_map(|client| client.dialogs.iter().copied()).collect();
        assert_eq!(health["dialogs"], json!(dialogs.len()), "dialogs that nobody knows, or too few");
        assert_eq!(health["operators"], json!(OPERATORS.len() + self.extras.len()));
    }

    /// The keys of answered commands give the first answers.
    fn replay(&self, process: &mut Process, chance: &mut Chance) {
        let answered = |client: &Client| client.steps[..client.acknowledged].to_vec();
        let youngest = self.clients.iter().rev().flat_map(answered).filter(Step::is_keyed);
        let mut steps: Vec<Step> = youngest.take(REMEMBERED).collect();
        chance.shuffle(&mut steps);
        steps.truncate(REPLAYS);
        let replies = process.ask_all(steps.iter().map(Step::request).collect());
        for (step, reply) in steps.iter().zip(replies) {
            assert_eq!(Some(reply.ok()), step.answer(), "the key gives another answer: {}", step.request());
        }
    }
}

impl Client {
    /// The dialogs as they are must be as they must be, with any number of unanswered steps done.
    fn check(&mut self, found: &[Value], requests: &HashMap<u64, Vec<Value>>) {
        let as_found: Vec<_> = found.iter().map(|dialog| read(dialog, requests)).collect();
        let done = (0..=self.unanswered()).find(|done| self.after(*done) == as_found);
        assert!(
            done.is_some(),
            "{} is as no number of its {} unanswered steps makes it;\nfound\n{}\nbut sent\n{}",
            self.name,
            self.unanswered(),
            found.iter().map(short).collect::<String>(),
            self.steps.iter().map(Step::short).collect::<String>(),
        );
        let ids: Vec<_> = found.iter().map(|dialog| dialog["dialog"].as_u64().expect("a number")).collect();
        assert!(ids.starts_with(&self.dialogs), "{}: dialogs {:?} became {ids:?}", self.name, self.dialogs);
        self.dialogs = ids;
        for (place, text, step) in self.written() {
            let Some(answer) = step.answer() else { continue };
            let message =
                found[place]["messages"].as_array().into_iter().flatten().find(|it| it["text"] == text);
            assert_eq!(message.map(|message| &message["message"]), Some(&answer["message"]), "{text}");
        }
    }
}

fn set_up() -> Vec<Value> {
    let mut requests = Vec::new();
    for operator in OPERATORS {
        requests.push(
            json!({"do": "put_operator", "operator": operator, "capacity": 1_000_000, "key": operator}),
        );
        requests.push(json!({"do": "set_presence", "operator": operator, "presence": "online"}));
    }
    let queue = json!({"mode": "all", "members": OPERATORS});
    requests.push(json!({"do": "put_channel", "channel": CHANNEL, "queue": queue, "key": "the channel"}));
    requests
}

fn found(reply: &Reply) -> Option<Value> {
    (reply.code() != Some("client_not_found")).then(|| reply.ok().clone())
}

/// Puts before each client's dialogs the one before them. False when there is none for anybody.
fn lengthen(chains: &mut [Vec<Value>], process: &mut Process) -> bool {
    let previous = |chain: &Vec<Value>| chain.first().and_then(|dialog| dialog["previous"].as_u64());
    let (longer, requests): (Vec<_>, Vec<_>) = chains
        .iter_mut()
        .filter_map(|chain| {
            previous(chain).map(|dialog| (chain, json!({"do": "get_dialog", "dialog": dialog})))
        })
        .unzip();
    let lengthened = !longer.is_empty();
    for (chain, reply) in longer.into_iter().zip(process.ask_all(requests)) {
        assert!(chain.len() < 10, "the dialogs of a client go round in circles: {chain:#?}");
        chain.insert(0, reply.ok().clone());
    }
    lengthened
}

fn check_uniqueness<'a>(dialogs: impl Iterator<Item = &'a Value>) {
    let (mut ids, mut texts) = (HashSet::new(), HashMap::new());
    for dialog in dialogs {
        assert!(ids.insert(dialog["dialog"].as_u64()), "a dialog stands twice: {dialog}");
        for message in dialog["messages"].as_array().into_iter().flatten() {
            assert!(ids.insert(message["message"].as_u64()), "a message id stands twice: {message}");
            let text = message["text"].as_str().unwrap_or_default();
            let other = texts.insert(text, &dialog["dialog"]);
            assert_eq!(other, None, "a text stands twice: {text}");
        }
    }
}

/// All requests to the outside, page by page, by the dialogs in which they were made.
fn all_requests(process: &mut Process) -> HashMap<u64, Vec<Value>> {
    let (mut all, mut after) = (HashMap::<u64, Vec<Value>>::new(), Value::Null);
    loop {
        let page = process.ask(json!({"do": "list_requests", "after": after})).ok().clone();
        for request in page["requests"].as_array().into_iter().flatten() {
            all.entry(request["dialog"].as_u64().expect("a number")).or_default().push(request.clone());
        }
        after = page["next"].clone();
        if after.is_null() {
            return all;
        }
    }
}

fn read(dialog: &Value, requests: &HashMap<u64, Vec<Value>>) -> Dialog {
    let known = |operator: &Value| OPERATORS.into_iter().find(|known| operator == known);
    let message = |message: &Value| {
        let text = message["text"].as_str().unwrap_or_default().to_owned();
        (known(&message["operator"]), message["visibility"] == "hidden", text)
    };
    Dialog {
        owner: known(&dialog["owner"]),
        closed: dialog["status"] == "closed",
        requests: dialog["dialog"]
            .as_u64()
            .and_then(|id| requests.get(&id))
            .into_iter()
            .flatten()
            .map(task)
            .collect(),
        messages: dialog["messages"].as_array().into_iter().flatten().map(message).collect(),
    }
}

/// The title of a task, and the reference with which it was completed.
fn task(request: &Value) -> (String, Option<String>) {
    let reference = request["reference"].as_str().map(str::to_owned);
    assert_eq!(request["status"] == "done", reference.is_some(), "{request}");
    (request["title"].as_str().unwrap_or_default().to_owned(), reference)
}

/// A dialog in few lines, for whoever reads why a test failed.
fn short(dialog: &Value) -> String {
    let texts = dialog["messages"].as_array().into_iter().flatten().map(|message| {
        let text = message["text"].as_str().unwrap_or_default();
        format!("    {} {}\n", message["message"], text.split(" x").next().unwrap_or_default())
    });
    let head = format!("  dialog {} {} of {}\n", dialog["dialog"], dialog["status"], dialog["owner"]);
    head + &texts.collect::<String>()
}

fn extra(number: usize) -> String {
    format!("extra {number}")
}

fn put_extra(number: usize) -> Value {
    let name = extra(number);
    json!({"do": "put_operator", "operator": name, "capacity": number + 1, "key": format!("put {name}")})
}

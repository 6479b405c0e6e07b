//! Redis as a router: connections that pipeline, scripts by their SHA. The scripts are in `router.lua`.

use std::path::Path;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Cmd, RedisResult, Value, cmd, pipe};

use crate::Failure;
use crate::judge::{Dialog, Event, Record};
use crate::lives::{Router, Workload};

const SCRIPTS: &str = include_str!("../router.lua");

/// Keys asked for at once where time does not matter.
const PAGE: usize = 1_000;

/// A running server.
pub struct Redis {
    client: Client,
    connections: usize,
}

impl Redis {
    /// The server behind this socket, with so many connections for the lives.
    pub fn new(socket: &Path, connections: usize) -> Result<Self, Failure> {
        let url = format!("redis+unix://{}", socket.display());
        Ok(Self { client: Client::open(url)?, connections })
    }

    async fn connect(&self) -> RedisResult<MultiplexedConnection> {
        // What takes long is measured, not given up.
        let patient = AsyncConnectionConfig::new().set_response_timeout(None).set_connection_timeout(None);
        self.client.get_multiplexed_async_connection_with_config(&patient).await
    }

    /// What it says about itself, and how it is reached.
    pub async fn name(&self) -> Result<String, Failure> {
        let info: String = cmd("INFO").arg("server").query_async(&mut self.connect().await?).await?;
        let version = info.lines().find_map(|line| line.strip_prefix("redis_version:"));
        let version = version.unwrap_or("of unknown version").trim();
        Ok(format!("Redis {version}, {} connections", self.connections))
    }

    /// Empties it, and its file too.
    pub async fn clear(&self) -> Result<(), Failure> {
        let mut connection = self.connect().await?;
        let () = cmd("FLUSHALL").arg("SYNC").query_async(&mut connection).await?;
        let () = cmd("BGREWRITEAOF").query_async(&mut connection).await?;
        loop {
            let info: String = cmd("INFO").arg("persistence").query_async(&mut connection).await?;
            if info.contains("aof_rewrite_in_progress:0") && info.contains("aof_rewrite_scheduled:0") {
                return Ok(());
            }
        }
    }

    /// Operators and channels.
    pub async fn set_up(&self, workload: &Workload) -> Result<(), Failure> {
        let mut all = pipe();
        for operator in 1..=workload.operators {
            let channels: Vec<String> =
                workload.channels_of(operator - 1).map(|channel| channel.to_string()).collect();
            for channel in &channels {
                all.zadd(format!("r:{channel}"), operator, 0).ignore();
            }
            let settings = [("capacity", workload.capacity.to_string()), ("channels", channels.join(","))];
            all.hset_multiple(format!("o:{operator}"), &settings).ignore();
        }
        let () = all.query_async(&mut self.connect().await?).await?;
        Ok(())
    }

    /// Connections that know the scripts.
    pub async fn routers(&self) -> Result<Vec<Connection>, Failure> {
        let mut connection = self.connect().await?;
        let mut shas = Vec::new();
        for script in ["receive", "answer", "reply", "finish"] {
            let text = script_named(script);
            shas.push(cmd("SCRIPT").arg("LOAD").arg(text).query_async::<String>(&mut connection).await?);
        }
        let mut routers = Vec::new();
        for _ in 0..self.connections {
            routers.push(Connection { to: self.connect().await?, shas: shas.clone() });
        }
        Ok(routers)
    }

    /// All that is kept.
    pub async fn record(&self, workload: &Workload) -> Result<Record, Failure> {
        let mut connection = self.connect().await?;
        let mut record = Record { events: events(&mut connection).await?, ..Record::default() };
        let last: u64 = cmd("GET").arg("dialogs").query_async(&mut connection).await?;
        let all: Vec<u64> = (1..=last).collect();
        for page in all.chunks(PAGE) {
            record.dialogs.extend(dialogs(&mut connection, page).await?);
        }
        for channel in 0..workload.operators {
            let mut held = cmd("ZRANGE");
            held.arg(format!("r:{channel}")).arg(0).arg(-1).arg("WITHSCORES");
            let held: Vec<(u32, f64)> = held.query_async(&mut connection).await?;
            record.held += held.iter().map(|(_, held)| *held as u64).sum::<u64>();
        }
        Ok(record)
    }
}

/// The lines after `--- name`, up to the next script.
fn script_named(name: &str) -> &'static str {
    let mut scripts = SCRIPTS.split("\n--- ").skip(1);
    let found = scripts.find_map(|script| script.strip_prefix(name)?.strip_prefix('\n'));
    found.expect("router.lua has a script of this name")
}

/// The journal, told in the judge's words.
async fn events(connection: &mut MultiplexedConnection) -> Result<Vec<Event>, Failure> {
    let mut events = Vec::new();
    let mut from = "-".to_owned();
    loop {
        let page: Vec<(String, Vec<String>)> = cmd("XRANGE")
            .arg("journal")
            .arg(&from)
            .arg("+")
            .arg("COUNT")
            .arg(PAGE)
            .query_async(connection)
            .await?;
        let Some((last, _)) = page.last() else { return Ok(events) };
        from = format!("({last}");
        for (_, entry) in &page {
            let dialog = entry[1].parse()?;
            let operator = entry.get(3).map(|operator| operator.parse()).transpose()?;
            Event::told(&entry[0], dialog, operator, &mut events)?;
        }
    }
}

async fn dialogs(connection: &mut MultiplexedConnection, page: &[u64]) -> Result<Vec<Dialog>, Failure> {
    let mut all = pipe();
    for dialog in page {
        all.cmd("HMGET").arg(format!("d:{dialog}")).arg(&["client", "status", "operator"]);
        all.cmd("LRANGE").arg(format!("m:{dialog}")).arg(0).arg(-1);
    }
    let found: Vec<Vec<Option<String>>> = all.query_async(connection).await?;
    let text = |of: &Option<String>| of.clone().unwrap_or_default();
    let pairs = page.iter().zip(found.chunks(2));
    let dialogs = pairs.map(|(dialog, found)| Dialog {
        dialog: *dialog,
        client: text(&found[0][0]),
        closed: text(&found[0][1]) == "closed",
        owner: found[0][2].as_ref().and_then(|operator| operator.parse().ok()),
        texts: found[1].iter().skip(1).step_by(2).map(text).collect(),
    });
    Ok(dialogs.collect())
}

/// One connection. Many commands may be under way on it; their replies come in order.
pub struct Connection {
    to: MultiplexedConnection,
    shas: Vec<String>,
}

impl Connection {
    fn script(&self, number: usize) -> Cmd {
        let mut call = cmd("EVALSHA");
        call.arg(&self.shas[number]).arg(0);
        call
    }

    async fn send(&self, call: &Cmd) -> RedisResult<Value> {
        self.to.clone().send_packed_command(call).await.and_then(Value::extract_error)
    }
}

impl Router for Connection {
    async fn receive(
        &self,
        channel: u32,
        client: &str,
        text: &'static str,
    ) -> Result<(u64, Option<u32>), Failure> {
        let reply = self.send(self.script(0).arg(channel).arg(client).arg(text)).await?;
        let (dialog, operator): (u64, u32) = redis::from_redis_value(reply)?;
        Ok((dialog, (operator > 0).then_some(operator)))
    }

    async fn answer(&self, dialog: u64, operator: u32) -> Result<(), Failure> {
        self.send(self.script(1).arg(dialog).arg(operator)).await?;
        Ok(())
    }

    async fn reply(&self, dialog: u64, operator: u32, text: &'static str) -> Result<(), Failure> {
        self.send(self.script(2).arg(dialog).arg(operator).arg(text)).await?;
        Ok(())
    }

    async fn finish(&self, dialog: u64, operator: u32) -> Result<Option<u64>, Failure> {
        let next: u64 = redis::from_redis_value(self.send(self.script(3).arg(dialog).arg(operator)).await?)?;
        Ok((next > 0).then_some(next))
    }
}

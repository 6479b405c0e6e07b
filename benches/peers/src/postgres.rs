//! PostgreSQL as a router: many connections that pipeline, prepared calls of functions. The functions and tables
//! are in `router.sql`.

use std::path::Path;

use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Config, NoTls, Row, Statement};

use crate::Failure;
use crate::judge::{Dialog, Event, Record};
use crate::lives::{Router, Workload};

const ROUTER: &str = include_str!("../router.sql");

/// A running server.
pub struct Postgres {
    config: Config,
    connections: usize,
    commit_delay_us: u32,
}

impl Postgres {
    /// The server with its socket in this folder, with so many connections for the lives, whose commits wait so
    /// long for others.
    pub fn new(folder: &Path, connections: usize, commit_delay_us: u32) -> Self {
        let mut config = Config::new();
        config.host_path(folder).user("postgres").dbname("postgres");
        config.options(format!("-c search_path=router -c commit_delay={commit_delay_us}"));
        Self { config, connections, commit_delay_us }
    }

    async fn connect(&self) -> Result<Client, Failure> {
        let (client, connection) = self.config.connect(NoTls).await?;
        // Ends when the client is dropped; what fails in it fails in the client too.
        tokio::task::spawn_local(async { drop(connection.await) });
        Ok(client)
    }

    /// What it says about itself, and how it is reached.
    pub async fn name(&self) -> Result<String, Failure> {
        let row = self.connect().await?.query_one("show server_version", &[]).await?;
        // Debian adds its own version in parentheses.
        let version = row.get::<_, &str>(0).split(' ').next().unwrap_or_default().to_owned();
        let (connections, delay) = (self.connections, self.commit_delay_us);
        Ok(format!("PostgreSQL {version}, {connections} connections, commit_delay {delay}"))
    }

    /// Empty tables, and everything before them on the disk.
    pub async fn clear(&self) -> Result<(), Failure> {
        let client = self.connect().await?;
        client.batch_execute(ROUTER).await?;
        client.batch_execute("checkpoint").await?;
        Ok(())
    }

    /// Operators and channels.
    pub async fn set_up(&self, workload: &Workload) -> Result<(), Failure> {
        let client = self.connect().await?;
        let (mut channels, mut operators) = (Vec::new(), Vec::new());
        for channel in 0..workload.operators {
            for operator in workload.team_of(channel) {
                channels.push(channel as i32);
                operators.push(operator as i32 + 1);
            }
        }
        let (count, capacity) = (workload.operators as i32, workload.capacity as i32);
        let operator = "insert into operator (id, capacity) select generate_series(1, $1::int), $2::int";
        client.execute(operator, &[&count, &capacity]).await?;
        let member = "insert into member (channel, operator) select * from unnest($1::int[], $2::int[])";
        client.execute(member, &[&channels, &operators]).await?;
        // Each by itself: together they would be one transaction, in which neither is allowed.
        client.batch_execute("vacuum analyze operator, member").await?;
        client.batch_execute("checkpoint").await?;
        Ok(())
    }

    /// Connections that have prepared the calls.
    pub async fn routers(&self) -> Result<Vec<Connection>, Failure> {
        let mut routers = Vec::new();
        for _ in 0..self.connections {
            let client = self.connect().await?;
            routers.push(Connection {
                receive: client.prepare("select * from receive($1, $2, $3)").await?,
                answer: client.prepare("select answer($1, $2)").await?,
                reply: client.prepare("select reply($1, $2, $3)").await?,
                finish: client.prepare("select finish($1, $2)").await?,
                client,
            });
        }
        Ok(routers)
    }

    /// All that is kept.
    pub async fn record(&self) -> Result<Record, Failure> {
        let client = self.connect().await?;
        let mut record = Record::default();
        let journal = "select dialog, operator, kind::text from journal order by seq";
        for row in client.query(journal, &[]).await? {
            let operator = row.get::<_, Option<i32>>(1).map(|operator| operator as u32);
            Event::told(row.get(2), row.get::<_, i64>(0) as u64, operator, &mut record.events)?;
        }
        let dialogs = "select d.id, d.client, d.closed_at is not null, d.operator, array_agg(m.text order by m.id) \
             from dialog d left join message m on m.dialog = d.id group by d.id";
        for row in client.query(dialogs, &[]).await? {
            record.dialogs.push(Dialog {
                dialog: row.get::<_, i64>(0) as u64,
                client: row.get(1),
                closed: row.get(2),
                owner: row.get::<_, Option<i32>>(3).map(|operator| operator as u32),
                texts: row.get::<_, Vec<Option<String>>>(4).into_iter().flatten().collect(),
            });
        }
        let held = client.query_one("select sum(held) from operator", &[]).await?;
        record.held = held.get::<_, i64>(0) as u64;
        Ok(record)
    }
}

/// One connection. Calls may be under way on it while others are; it does one after the other.
pub struct Connection {
    client: Client,
    receive: Statement,
    answer: Statement,
    reply: Statement,
    finish: Statement,
}

impl Connection {
    /// Calls again what PostgreSQL has undone because of a deadlock, as everybody has to who locks rows there.
    async fn call(&self, function: &Statement, with: &[&(dyn ToSql + Sync)]) -> Result<Row, Failure> {
        loop {
            match self.client.query_one(function, with).await {
                Err(error) if error.code() == Some(&SqlState::T_R_DEADLOCK_DETECTED) => {}
                outcome => return Ok(outcome?),
            }
        }
    }
}

impl Router for Connection {
    async fn receive(
        &self,
        channel: u32,
        client: &str,
        text: &'static str,
    ) -> Result<(u64, Option<u32>), Failure> {
        let row = self.call(&self.receive, &[&(channel as i32), &client, &text]).await?;
        let operator: Option<i32> = row.get(1);
        Ok((row.get::<_, i64>(0) as u64, operator.map(|operator| operator as u32)))
    }

    async fn answer(&self, dialog: u64, operator: u32) -> Result<(), Failure> {
        self.call(&self.answer, &[&(dialog as i64), &(operator as i32)]).await?;
        Ok(())
    }

    async fn reply(&self, dialog: u64, operator: u32, text: &'static str) -> Result<(), Failure> {
        self.call(&self.reply, &[&(dialog as i64), &(operator as i32), &text]).await?;
        Ok(())
    }

    async fn finish(&self, dialog: u64, operator: u32) -> Result<Option<u64>, Failure> {
        let row = self.call(&self.finish, &[&(dialog as i64), &(operator as i32)]).await?;
        Ok(row.get::<_, Option<i64>>(0).map(|next| next as u64))
    }
}

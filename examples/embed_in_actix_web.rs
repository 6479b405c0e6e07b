//! Centrala inside a web service of actix-web. The engine runs on actix too, but in threads of its own:
//! the two know nothing of each other.
//!
//! `cargo run --example embed_in_actix_web` serves on a free port, calls itself once round and ends;
//! `PORT=8080 cargo run --example embed_in_actix_web -- --serve` goes on serving. It needs no clean
//! end: a reply says that its change is on disk, so the process may be killed at any moment.

mod support;

use std::fmt;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Json, Path, ServiceConfig, block, get, post, scope};
use actix_web::{App, FromRequest, HttpRequest, HttpResponse, HttpServer, ResponseError};
use centrala::domain::dialog::command::Receive;
use centrala::engine::Engine;
use centrala::error::{Error, Rejection};
use centrala::ids::{ChannelId, ClientId, DialogId, ExternalId, OperatorId};
use serde::Deserialize;
use serde_json::json;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[actix_web::main]
async fn main() -> Result<(), support::AnyError> {
    let data = tempfile::tempdir()?;
    // The engine's handle is cheap to clone: every worker of the service has its own.
    let engine = Engine::open(data.path())?;
    support::set_up(&engine).await?;

    let shared = engine.clone();
    let server = HttpServer::new(move || App::new().app_data(Data::new(shared.clone())).configure(service))
        .workers(2)
        .bind(("127.0.0.1", support::port()?))?;
    let address = server.addrs()[0];
    println!("listening on http://{address}");
    let server = server.run();
    let handle = server.handle();
    let server = actix_web::rt::spawn(server);

    if !support::serves() {
        block(move || support::check_from_outside(address)).await??;
        handle.stop(true).await;
    }
    server.await??;
    engine.close().await?;
    Ok(())
}

fn service(config: &mut ServiceConfig) {
    config.route("/channels/{channel}/clients/{client}/messages", post().to(receive));
    config.route("/unanswered", get().to(unanswered));
    config.service(
        scope("/dialogs/{dialog}")
            .route("", get().to(show))
            .route("/answer", post().to(answer))
            .route("/messages", post().to(reply))
            .route("/finish", post().to(finish)),
    );
}

type Answer = Result<HttpResponse, Failure>;

#[derive(Deserialize)]
struct Incoming {
    text: String,
    external_id: Option<ExternalId>,
    name: Option<String>,
}

#[derive(Deserialize)]
struct Outgoing {
    text: String,
}

async fn receive(engine: Data<Engine>, path: Path<(ChannelId, ClientId)>, message: Json<Incoming>) -> Answer {
    let (channel, client) = path.into_inner();
    let Incoming { text, external_id, name } = message.into_inner();
    let received =
        engine.receive(Receive { external_id, name, ..Receive::new(channel, client, text) }).await?;
    Ok(HttpResponse::Ok().json(
        json!({ "dialog": received.dialog, "message": received.message, "duplicate": received.duplicate }),
    ))
}

async fn unanswered(engine: Data<Engine>, me: Me) -> Answer {
    let dialogs = engine.as_operator(me.0).unanswered().await?;
    Ok(HttpResponse::Ok().json(json!({ "dialogs": dialogs })))
}

async fn show(engine: Data<Engine>, dialog: Path<DialogId>) -> Answer {
    Ok(HttpResponse::Ok().json(engine.get_dialog(*dialog).await?))
}

async fn answer(engine: Data<Engine>, me: Me, dialog: Path<DialogId>) -> Answer {
    engine.as_operator(me.0).answer(*dialog).await?;
    Ok(HttpResponse::Ok().json(json!({})))
}

async fn reply(engine: Data<Engine>, me: Me, dialog: Path<DialogId>, message: Json<Outgoing>) -> Answer {
    let written = engine.as_operator(me.0).reply(*dialog, message.into_inner().text).await?;
    Ok(HttpResponse::Ok().json(json!({ "message": written.message })))
}

async fn finish(engine: Data<Engine>, me: Me, dialog: Path<DialogId>) -> Answer {
    engine.as_operator(me.0).finish(*dialog).await?;
    Ok(HttpResponse::Ok().json(json!({})))
}

/// The operator who calls.
struct Me(OperatorId);

impl FromRequest for Me {
    type Error = Failure;
    type Future = Ready<Result<Self, Failure>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let name = request.headers().get(support::OPERATOR_HEADER).and_then(|value| value.to_str().ok());
        let operator = OperatorId::new(name.unwrap_or_default());
        ready(operator.map(Self).map_err(|wrong| Failure(Rejection::invalid("as", wrong.to_string()).into())))
    }
}

/// An error of the engine as an answer of HTTP.
#[derive(Debug)]
struct Failure(Error);

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl ResponseError for Failure {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(support::status(&self.0)).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::build(self.status_code()).json(support::body(&self.0))
    }
}

//! Centrala inside a web service of axum: connectors and operators call it over HTTP.
//!
//! `cargo run --example embed_in_axum` serves on a free port, calls itself once round and ends;
//! `PORT=8080 cargo run --example embed_in_axum -- --serve` goes on serving. It needs no clean end: a
//! reply says that its change is on disk, so the process may be killed at any moment.

mod support;

use axum::extract::{FromRequestParts, Path, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use centrala::domain::dialog::command::Receive;
use centrala::engine::Engine;
use centrala::error::{Error, Rejection};
use centrala::ids::{ChannelId, ClientId, DialogId, ExternalId, OperatorId};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> Result<(), support::AnyError> {
    let data = tempfile::tempdir()?;
    // The engine has threads of its own. Its handle is cheap to clone, and is the state of the service.
    let engine = Engine::open(data.path())?;
    support::set_up(&engine).await?;

    let listener = TcpListener::bind(("127.0.0.1", support::port()?)).await?;
    let address = listener.local_addr()?;
    println!("listening on http://{address}");
    let (stop, stopped) = oneshot::channel::<()>();
    let server = axum::serve(listener, service(engine.clone())).with_graceful_shutdown(async {
        let _ = stopped.await;
    });
    let server = tokio::spawn(server.into_future());

    if !support::serves() {
        tokio::task::spawn_blocking(move || support::check_from_outside(address)).await??;
        drop(stop);
    }
    server.await??;
    engine.close().await?;
    Ok(())
}

fn service(engine: Engine) -> Router {
    Router::new()
        .route("/channels/{channel}/clients/{client}/messages", post(receive))
        .route("/unanswered", get(unanswered))
        .route("/dialogs/{dialog}", get(show))
        .route("/dialogs/{dialog}/answer", post(answer))
        .route("/dialogs/{dialog}/messages", post(reply))
        .route("/dialogs/{dialog}/finish", post(finish))
        .with_state(engine)
}

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

async fn receive(
    State(engine): State<Engine>,
    Path((channel, client)): Path<(ChannelId, ClientId)>,
    Json(Incoming { text, external_id, name }): Json<Incoming>,
) -> Result<Json<Value>, Failure> {
    let received =
        engine.receive(Receive { external_id, name, ..Receive::new(channel, client, text) }).await?;
    Ok(Json(
        json!({ "dialog": received.dialog, "message": received.message, "duplicate": received.duplicate }),
    ))
}

async fn unanswered(State(engine): State<Engine>, me: Me) -> Result<Json<Value>, Failure> {
    Ok(Json(json!({ "dialogs": engine.as_operator(me.0).unanswered().await? })))
}

async fn show(State(engine): State<Engine>, Path(dialog): Path<DialogId>) -> Result<Response, Failure> {
    Ok(Json(engine.get_dialog(dialog).await?).into_response())
}

async fn answer(
    State(engine): State<Engine>,
    me: Me,
    Path(dialog): Path<DialogId>,
) -> Result<Json<Value>, Failure> {
    engine.as_operator(me.0).answer(dialog).await?;
    Ok(Json(json!({})))
}

async fn reply(
    State(engine): State<Engine>,
    me: Me,
    Path(dialog): Path<DialogId>,
    Json(Outgoing { text }): Json<Outgoing>,
) -> Result<Json<Value>, Failure> {
    let written = engine.as_operator(me.0).reply(dialog, text).await?;
    Ok(Json(json!({ "message": written.message })))
}

async fn finish(
    State(engine): State<Engine>,
    me: Me,
    Path(dialog): Path<DialogId>,
) -> Result<Json<Value>, Failure> {
    engine.as_operator(me.0).finish(dialog).await?;
    Ok(Json(json!({})))
}

/// The operator who calls.
struct Me(OperatorId);

impl<S: Sync> FromRequestParts<S> for Me {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let name = parts.headers.get(support::OPERATOR_HEADER).and_then(|value| value.to_str().ok());
        let operator = OperatorId::new(name.unwrap_or_default());
        operator.map(Self).map_err(|wrong| Failure(Rejection::invalid("as", wrong.to_string()).into()))
    }
}

/// An error of the engine as an answer of HTTP.
struct Failure(Error);

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(support::status(&self.0));
        (status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), Json(support::body(&self.0))).into_response()
    }
}

//! The reference server, as programs meet it.

use std::path::PathBuf;

use server_process::{Launch, ServerProcess, find_binary};

/// The admin token of [`server`].
pub const ADMIN_TOKEN: &str = "an-admin-token";

/// The reference server's program. `cargo test --workspace` builds it; a test of one crate alone does not.
#[must_use]
pub fn server_program() -> PathBuf {
    match find_binary(None, "mock-server") {
        Ok(program) => program,
        Err(error) => panic!("{error}\nrun `cargo build -p mock-server` first, or `cargo test --workspace`"),
    }
}

/// A reference server that answers fast, unless the arguments say otherwise.
pub async fn server(args: &[&str]) -> ServerProcess {
    let launch = Launch::new(server_program())
        .args(["serve", "--listen", "127.0.0.1:0"])
        .args(args)
        .env("MOCK_SERVER_VOICE_COST", "fast")
        .env("MOCK_SERVER_ADMIN_TOKEN", ADMIN_TOKEN);
    launch.start().await.unwrap()
}

//! The reference server as a child of this run.

use std::path::Path;

use audio_client::Secret;
use server_process::{Launch, ServerProcess, find_binary};
use uuid::Uuid;

use super::TargetError;

/// The reference server's program, beside this one.
pub const SERVER: &str = "mock-server";
/// Where it takes its admin token from. Arguments can be read by everybody on the machine, an environment cannot.
const ADMIN_TOKEN: &str = "MOCK_SERVER_ADMIN_TOKEN";

/// Starts the server on a free port of loopback, with an admin token that nobody else knows.
///
/// # Errors
/// When its program is not there, or when it does not come up.
pub async fn start(
    program: Option<&Path>,
    args: &[String],
    faults: &[String],
) -> Result<(ServerProcess, Secret), TargetError> {
    start_in(&[], program, (args, faults)).await
}

/// The same with variables in its environment.
pub(crate) async fn start_in(
    variables: &[(String, String)],
    program: Option<&Path>,
    (args, faults): (&[String], &[String]),
) -> Result<(ServerProcess, Secret), TargetError> {
    let program = find_binary(program, SERVER)?;
    let admin_token = Secret::new(Uuid::now_v7().simple().to_string());
    let rules = faults.iter().flat_map(|rule| ["--fault", rule]);
    let launch = Launch::new(program)
        .args(["serve", "--listen", "127.0.0.1:0"])
        .args(rules)
        .args(args)
        .env(ADMIN_TOKEN, admin_token.expose());
    let launch = variables
        .iter()
        .fold(launch, |launch, (name, value)| launch.env(name, value));
    Ok((launch.start().await?, admin_token))
}

//! The target, started if need be, and its client.

use audio_client::{Client, ClientSettings, Tape};
use server_process::ServerProcess;

use crate::{Evidence, Target, TargetError, Where, server::start_in, wait_until_ready};

/// The target, reached.
#[derive(Debug)]
pub struct Reached {
    /// The server, where this run started it. Dropping it ends it.
    pub process: Option<ServerProcess>,
    /// The target.
    pub client: Client,
    /// On which the client writes down its exchanges.
    pub tape: Tape,
}

/// Starts the server if need be, makes the client and waits until the target is ready with at least one worker.
///
/// # Errors
/// When the server does not come up, cannot be reached the way it was asked for, or does not become ready in time.
pub async fn reach(target: &Target) -> Result<Reached, TargetError> {
    reach_in(target, &[]).await
}

/// The same; a server that is started gets these variables in its environment.
///
/// # Errors
/// As [`reach`].
pub async fn reach_in(target: &Target, variables: &[(String, String)]) -> Result<Reached, TargetError> {
    let (process, base, admin_token) = match &target.place {
        Where::Remote {
            api_base,
            admin_token,
        } => (None, api_base.clone(), admin_token.clone()),
        Where::Own {
            program,
            args,
            faults,
        } => {
            let (process, token) = start_in(variables, program.as_deref(), (args, faults)).await?;
            let base = process.base_url().to_owned();
            (Some(process), base, Some(token))
        }
    };
    let tape = Tape::default();
    let settings = ClientSettings {
        bearer: target.bearer.clone(),
        admin_token,
        headers: target.headers.clone(),
        ca_pem: target.ca_pem.clone(),
        tape: Some(tape.clone()),
        ..ClientSettings::new(base)
    };
    let client = Client::new(&settings, target.profile.clone())?;
    wait_until_ready(&client, target.ready_within, 1).await?;
    Ok(Reached {
        process,
        client,
        tape,
    })
}

impl Reached {
    /// What has been seen of it so far.
    #[must_use]
    pub fn evidence(&self) -> Evidence {
        Evidence {
            tape: self.tape.clone(),
            server_log: self.process.as_ref().map(|process| process.log().clone()),
        }
    }
}

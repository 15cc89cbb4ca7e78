//! Clients of the target: with its tokens, through its proxy, and without a token.

use std::sync::Arc;

use audio_client::{Client, ClientSettings, ExtraHeader, Secret, Tape, TargetProfile};
use run_context::{TargetError, start};

use crate::cli::{Settings, Where};

/// The target, reached.
#[derive(Debug)]
pub struct Reached {
    /// The server, where this run started it.
    pub process: Option<server_process::ServerProcess>,
    /// The target.
    pub client: Client,
    /// The target through its proxy.
    pub web: Option<Client>,
    /// The target without its token, where it has one.
    pub anonymous: Option<Client>,
    /// On which all of them write down their exchanges.
    pub tape: Tape,
}

/// Starts the server if need be, and makes the clients. Nothing is asked of it yet.
///
/// # Errors
/// When the server does not come up, or cannot be reached the way it was asked for.
pub async fn reach(settings: &Settings, profile: &Arc<TargetProfile>) -> Result<Reached, TargetError> {
    let (process, base, admin_token) = match &settings.target {
        Where::Remote {
            api_base,
            admin_token,
            ..
        } => (None, api_base.clone(), admin_token.clone()),
        Where::Own {
            program,
            args,
            faults,
        } => {
            let (process, token) = start(program.as_deref(), args, faults).await?;
            let base = process.base_url().to_owned();
            (Some(process), base, Some(token))
        }
    };
    let tape = Tape::default();
    let with = |base: &str, bearer: Option<&Secret>, headers: &[ExtraHeader]| {
        let client = ClientSettings {
            call_timeout: settings.job_timeout,
            bearer: bearer.cloned(),
            admin_token: admin_token.clone(),
            headers: headers.to_vec(),
            ca_pem: settings.ca_pem.clone(),
            tape: Some(tape.clone()),
            ..ClientSettings::new(base)
        };
        Client::new(&client, Arc::clone(profile))
    };
    let bearer = settings.bearer.as_ref();
    Ok(Reached {
        client: with(&base, bearer, &settings.headers)?,
        web: settings
            .web_base
            .as_deref()
            .map(|web| with(web, bearer, &settings.headers))
            .transpose()?,
        // A header may be a token too, so it is left out here.
        anonymous: bearer.map(|_| with(&base, None, &[])).transpose()?,
        process,
        tape,
    })
}

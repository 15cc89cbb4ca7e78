//! The command line.

use std::{io::Write as _, path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use crate::{
    config::{Config, Layer, LogFormat},
    descriptors::Descriptors,
    healthcheck::{self, ServerUrl},
    server::{Server, listen},
};

/// The reference audio-job server: workers, a queue, real audio, and faults to inject.
///
/// Settings come from flags, from the environment, from the file of --config, and from defaults, in that order.
#[derive(Debug, Parser)]
#[command(name = "mock-server", version, after_help = EXIT_CODES)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 stopped as told or healthy, 1 unhealthy, 2 usage, 4 could not run.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the API until SIGINT or SIGTERM
    Serve(Box<Serve>),
    /// Ask a server whether it is alive
    Healthcheck {
        /// The server
        #[arg(long, default_value = "http://127.0.0.1:8000")]
        url: ServerUrl,
    },
}

#[derive(Debug, Args)]
struct Serve {
    #[command(flatten)]
    layer: Layer,
    /// TOML file of settings, named as the flags are, with underscores
    #[arg(long, env = "MOCK_SERVER_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// TOML file of fault rules, `[[fault]]` tables
    #[arg(long, env = "MOCK_SERVER_FAULTS", value_name = "FILE")]
    faults: Option<PathBuf>,
    /// Print the settings that would be used, as TOML, and exit
    #[arg(long)]
    print_config: bool,
}

/// Runs the command.
///
/// # Errors
/// When it could not run; the caller says why and exits with 4.
pub fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match cli.command {
        Command::Serve(serve) => runtime.block_on(serve.run()),
        Command::Healthcheck { url } => runtime.block_on(healthcheck::run(&url)),
    }
}

/// Settings that are wrong: exit code 2.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Usage(#[from] crate::config::ConfigError);

impl Serve {
    async fn run(self) -> anyhow::Result<ExitCode> {
        let print = self.print_config;
        let mut layer = self.layer().map_err(Usage)?;
        let descriptors = Descriptors::raised();
        let connections = descriptors.connections(layer.max_connections)?;
        layer.max_connections = Some(connections);
        let layer = layer.with_defaults();
        if print {
            write!(std::io::stdout(), "{}", toml::to_string(&layer)?)?;
            return Ok(ExitCode::SUCCESS);
        }
        log(&layer)?;
        tracing::info!(
            descriptor_limit = %descriptors,
            max_connections = layer.max_connections,
            "raised the limit of open descriptors"
        );
        let address = layer.listen.clone().unwrap_or_default();
        let listener = listen(&address)
            .await
            .map_err(|error| anyhow::anyhow!("listen on {address}: {error}"))?;
        let config = Config {
            max_open_files: descriptors.open_files(connections),
            ..layer.config()
        };
        let server = Server::prepare(config).await?;
        let stop = stop_signal()?;
        let mut out = std::io::stdout();
        writeln!(out, "listening on http://{}", listener.local_addr()?)?;
        out.flush()?;
        server.serve(listener, stop).await?;
        Ok(ExitCode::SUCCESS)
    }

    fn layer(self) -> Result<Layer, crate::config::ConfigError> {
        let mut file = self
            .config
            .as_deref()
            .map(Layer::from_file)
            .transpose()?
            .unwrap_or_default();
        if let Some(path) = &self.faults {
            file.fault.extend(Layer::faults_from_file(path)?);
        }
        self.layer.check()?;
        Ok(self.layer.over(file))
    }
}

/// Completes when the process is told to stop. A second signal ends it at once.
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
        tokio::spawn(async move {
            tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
            std::process::exit(130);
        });
    })
}

fn log(layer: &Layer) -> anyhow::Result<()> {
    let filter = layer.log.as_deref().unwrap_or("info");
    let filter = EnvFilter::try_new(filter)?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(false);
    match layer.log_format {
        Some(LogFormat::Json) => lines.json().init(),
        _ => lines.init(),
    }
    std::panic::set_hook(Box::new(log_panic));
    Ok(())
}

/// A panic is a log line like any other, and says where it happened but not its message: one about a string quotes
/// the string, which may be a job's text.
fn log_panic(panic: &std::panic::PanicHookInfo<'_>) {
    let location = panic.location().map(ToString::to_string).unwrap_or_default();
    tracing::error!(location, "panicked");
}

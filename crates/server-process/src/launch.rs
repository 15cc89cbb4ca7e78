//! Starting a server and waiting until it listens.

use std::{
    ffi::{OsStr, OsString},
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    path::PathBuf,
    process::Stdio,
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader},
    net::{TcpSocket, TcpStream},
    process::{Child, Command},
    time,
};

use crate::{
    Exit, LaunchError, LogTail, ServerProcess,
    group::Group,
    process::{LAST_WORDS_WITHIN, LogTask},
};

const LISTENING: &str = "listening on ";
/// The pause between two attempts to connect.
const KNOCK_PAUSE: Duration = Duration::from_millis(20);
/// No sane address line is longer; a server that prints garbage without line ends must not fill the memory.
const MAX_STDOUT_LINE_BYTES: u64 = 65_536;
/// How many of its last lines an error shows.
pub(crate) const SHOWN_LINES: usize = 20;

/// What to start, and how long to wait for it.
#[derive(Debug, Clone)]
pub struct Launch {
    program: PathBuf,
    args: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
    ready_within: Duration,
    listens_at: Option<SocketAddr>,
}

impl Launch {
    /// A program without arguments, given 10 s to listen.
    #[must_use]
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            args: Vec::new(),
            env: Vec::new(),
            ready_within: Duration::from_secs(10),
            listens_at: None,
        }
    }

    /// Adds one argument.
    #[must_use]
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.args
            .extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    /// Sets a variable of the child's environment; unlike arguments, it does not show in lists of processes.
    #[must_use]
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.env
            .push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    /// How long the server may take until it listens.
    #[must_use]
    pub const fn ready_within(mut self, time: Duration) -> Self {
        self.ready_within = time;
        self
    }

    /// Where it is going to listen, for a server that does not print where: then it also counts as listening once it
    /// accepts a connection there. A line that it prints still wins, if it comes first.
    #[must_use]
    pub const fn listens_at(mut self, address: SocketAddr) -> Self {
        self.listens_at = Some(address);
        self
    }

    /// Starts the server and waits for its line `listening on http://ADDRESS:PORT` on standard output, or for a connection
    /// where it is to listen. Dropping the returned future, or the process that it gives, kills the child and whatever
    /// the child started.
    ///
    /// # Errors
    /// When it cannot be started, ends early, or does not say in time that it listens.
    pub async fn start(&self) -> Result<ServerProcess, LaunchError> {
        let program = self.program.display().to_string();
        let mut child = self.spawn().map_err(|source| LaunchError::Spawn {
            program: program.clone(),
            source,
        })?;
        let mut group = Group::led_by(&child);
        let log = LogTail::default();
        let log_task = child
            .stderr
            .take()
            .map(|stream| tokio::spawn(log.clone().follow(stream)));
        let Some(stdout) = child.stdout.take() else {
            unreachable!("standard output was piped")
        };
        let mut stdout = BufReader::new(stdout);
        let announced = time::timeout(self.ready_within, self.url(&mut child, &mut stdout)).await;
        match announced {
            Ok(Some(base_url)) => {
                // Somebody has to go on reading, or the server blocks once the pipe is full.
                tokio::spawn(drain(stdout));
                Ok(ServerProcess::new(
                    program,
                    (child, group),
                    base_url,
                    (log, log_task),
                ))
            }
            Ok(None) => {
                let error = ended(program, child, &log, log_task).await;
                group.leader_has_ended();
                Err(error)
            }
            Err(_) => {
                group.kill();
                let _ = child.kill().await;
                let log = log.last(SHOWN_LINES).join("\n");
                Err(LaunchError::Silent {
                    program,
                    waited_for: self.waited_for(),
                    within: self.ready_within,
                    log,
                })
            }
        }
    }

    /// Where it listens; `None` when it has ended before it did.
    async fn url(&self, child: &mut Child, stdout: &mut (impl AsyncBufReadExt + Unpin)) -> Option<String> {
        let Some(address) = self.listens_at else {
            return announced_url(stdout).await;
        };
        tokio::select! {
            // A server that has closed its output may still come up.
            Some(url) = announced_url(stdout) => Some(url),
            () = accepts(address) => Some(format!("http://{address}")),
            _ = child.wait() => None,
        }
    }

    fn waited_for(&self) -> String {
        let line = format!("print `{LISTENING}http://ADDRESS:PORT`");
        match self.listens_at {
            None => line,
            Some(address) => format!("{line} or accept a connection at {address}"),
        }
    }

    fn spawn(&self) -> std::io::Result<Child> {
        let mut command = Command::new(&self.program);
        command
            .args(&self.args)
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        #[cfg(unix)]
        command.process_group(0);
        command.spawn()
    }
}

/// Its output has ended, so it is dead or dying; one that only closed its output is killed.
async fn ended(program: String, mut child: Child, log: &LogTail, log_task: LogTask) -> LaunchError {
    if time::timeout(Duration::from_secs(1), child.wait()).await.is_err() {
        // An error says that it ended in between, which is what is wanted.
        let _ = child.start_kill();
    }
    let status = match child.wait().await {
        Ok(status) => status,
        Err(source) => return LaunchError::Watch { program, source },
    };
    if let Some(task) = log_task {
        // A grandchild may hold the stream open; the lines so far have to do then.
        let _ = time::timeout(LAST_WORDS_WITHIN, task).await;
    }
    LaunchError::Died {
        program,
        exit: Exit::new(status, log.last(SHOWN_LINES)),
    }
}

/// Returns once somebody accepts a connection there.
async fn accepts(address: SocketAddr) {
    while knock(address).await.is_err() {
        time::sleep(KNOCK_PAUSE).await;
    }
}

/// Connects from a port that is known beforehand to be another. While nobody listens, the system may choose the very port
/// that is knocked at, and TCP then connects the socket with itself (RFC 9293, simultaneous open): a server that is not there
/// would seem to accept, and one that comes would find its port taken.
async fn knock(address: SocketAddr) -> io::Result<TcpStream> {
    let (socket, any_port) = if address.is_ipv4() {
        (TcpSocket::new_v4()?, SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)))
    } else {
        (TcpSocket::new_v6()?, SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)))
    };
    socket.bind(any_port)?;
    if socket.local_addr()?.port() == address.port() {
        return Err(io::ErrorKind::AddrInUse.into());
    }
    socket.connect(address).await
}

/// The URL that the server announces; `None` when its output ends before.
async fn announced_url(stdout: &mut (impl AsyncBufReadExt + Unpin)) -> Option<String> {
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = (&mut *stdout)
            .take(MAX_STDOUT_LINE_BYTES)
            .read_until(b'\n', &mut line)
            .await
            .ok()?;
        if read == 0 {
            return None;
        }
        let text = String::from_utf8_lossy(&line);
        if let Some(url) = text.trim().strip_prefix(LISTENING)
            && url.starts_with("http")
        {
            return Some(url.trim_end_matches('/').to_owned());
        }
    }
}

async fn drain(mut stream: impl AsyncRead + Unpin) {
    let mut chunk = [0; 4_096];
    while let Ok(1..) = stream.read(&mut chunk).await {}
}

//! The reference: nginx with one worker, serving the same files under the same paths.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use tempfile::TempDir;

use super::{
    Unmeasured,
    child::{self, Running},
    cores::{self, Pinning},
    object::Object,
    pause,
    usage::Watched,
};

/// How nginx sends files. Which one is faster depends on their size; `tcp_nopush on` is left out, because over loopback
/// it makes ranges wait for 40 ms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sending {
    /// Read into memory and written.
    Written,
    /// By sendfile(2).
    Sendfile,
}

impl Sending {
    /// Both.
    pub(crate) const ALL: [Self; 2] = [Self::Written, Self::Sendfile];

    /// As the configuration has it.
    pub(crate) const fn directive(self) -> &'static str {
        match self {
            Self::Written => "sendfile off",
            Self::Sendfile => "sendfile on",
        }
    }
}

/// A running nginx; it ends with this value.
#[derive(Debug)]
pub(crate) struct Nginx {
    _process: Running,
    _files: TempDir,
    usage: Watched,
    base_url: String,
}

impl Nginx {
    /// Looks for the program.
    pub(crate) fn find() -> Result<PathBuf, Unmeasured> {
        child::find("nginx", "nginx-light")
    }

    /// Starts it on the server's core with these objects.
    pub(crate) fn start(
        program: &Path,
        pinning: &Pinning,
        sending: Sending,
        objects: &[Object],
    ) -> Result<Self, Unmeasured> {
        let files = tempfile::tempdir()?;
        let root = files.path().join("root");
        for object in objects {
            let file = root.join(object.path.trim_start_matches('/'));
            fs::create_dir_all(file.parent().unwrap_or(&root))?;
            fs::write(file, &object.bytes)?;
        }
        // Free now, and nobody else is likely to take it within the next milliseconds; if so, nginx says it.
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let config = files.path().join("nginx.conf");
        fs::write(&config, configuration(files.path(), port, sending))?;
        let [taskset, words @ ..] = pinning.on(cores::SERVER, program);
        let mut command = Command::new(taskset);
        command
            .args(words)
            .arg("-p")
            .arg(files.path())
            .arg("-c")
            .arg(&config)
            .args(["-e", "stderr"])
            .stdin(Stdio::null());
        let mut process = Running::start(&mut command)?;
        wait_for(port, &mut process)?;
        Ok(Self {
            usage: Watched::new(process.pid())?,
            _process: process,
            _files: files,
            base_url: format!("http://127.0.0.1:{port}"),
        })
    }

    /// `http://ADDRESS:PORT`
    pub(crate) fn base_url(&self) -> &str {
        &self.base_url
    }

    /// What it takes.
    pub(crate) fn usage(&self) -> &Watched {
        &self.usage
    }
}

/// Connections are kept as long as the client keeps them, nothing is logged, and the worker may read what root wrote.
fn configuration(dir: &Path, port: u16, sending: Sending) -> String {
    let user = if rustix::process::geteuid().is_root() {
        "user root;"
    } else {
        ""
    };
    let sending = sending.directive();
    let dir = dir.display();
    format!(
        "{user}
daemon off;
worker_processes 1;
pid {dir}/nginx.pid;
error_log stderr error;
events {{ worker_connections 8192; }}
http {{
  access_log off;
  {sending};
  tcp_nopush off;
  keepalive_requests 1000000000;
  keepalive_timeout 1h;
  default_type audio/ogg;
  client_body_temp_path {dir}/body;
  proxy_temp_path {dir}/proxy;
  fastcgi_temp_path {dir}/fastcgi;
  uwsgi_temp_path {dir}/uwsgi;
  scgi_temp_path {dir}/scgi;
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    root {dir}/root;
  }}
}}
"
    )
}

/// Waits until its worker accepts connections.
fn wait_for(port: u16, process: &mut Running) -> Result<(), Unmeasured> {
    for _ in 0..250 {
        if let Some(status) = process.ended() {
            return Err(Unmeasured(format!("nginx ended at once: {status}")));
        }
        let has_worker = Watched::new(process.pid())?.has_children();
        if has_worker && std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return Ok(());
        }
        pause(Duration::from_millis(20));
    }
    Err(Unmeasured("nginx did not listen within 5 s".to_owned()))
}

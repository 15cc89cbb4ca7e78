//! Keeping the cores busy: one child process a core, each a busy loop. A child ends by itself when its time is over, and
//! when its standard input ends, which it does when its parent does, however that ends.

use std::{
    hint::black_box,
    io::{self, Read as _},
    num::NonZero,
    path::PathBuf,
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use run_report::RunExit;
use tokio::process::{Child, Command};

/// No machine needs more of them.
const MOST: usize = 256;
/// No child burns for longer, whatever it is told.
const LONGEST: Duration = Duration::from_secs(3_600);
/// Additions between two looks at the clock.
const CHUNK: u64 = 20_000;

/// Child processes that keep the cores busy. Dropping it kills them.
#[derive(Debug)]
pub(super) struct BusyCores {
    children: Vec<Child>,
}

impl BusyCores {
    /// One child a core, each for `at_most` this time.
    ///
    /// # Errors
    /// When one cannot be started; those that were are killed.
    pub(super) fn start(at_most: Duration) -> io::Result<Self> {
        let cores = thread::available_parallelism().map_or(1, NonZero::get).min(MOST);
        let children = (0..cores)
            .map(|_| child(at_most.min(LONGEST)))
            .collect::<Result<_, _>>()?;
        Ok(Self { children })
    }

    /// How many there are.
    pub(super) fn len(&self) -> u32 {
        u32::try_from(self.children.len()).unwrap_or(u32::MAX)
    }

    /// Ends them, and says how many still ran.
    ///
    /// # Errors
    /// When one can be neither looked at nor ended.
    pub(super) async fn stop(mut self) -> io::Result<u32> {
        let mut ran = 0;
        for child in &mut self.children {
            if child.try_wait()?.is_none() {
                ran += 1;
                child.kill().await?;
            }
        }
        Ok(ran)
    }
}

fn child(at_most: Duration) -> io::Result<Child> {
    Command::new(this_program()?)
        .args(["burn", "--for", &format!("{}s", at_most.as_secs().max(1))])
        // It is held open by this process alone, and ends with it.
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
}

/// On Linux by a name that stays good when the file is replaced by a new build in the meantime.
fn this_program() -> io::Result<PathBuf> {
    if cfg!(target_os = "linux") {
        return Ok(PathBuf::from("/proc/self/exe"));
    }
    std::env::current_exe()
}

/// Burns until the time is over, standard input ends, or `interrupted` completes.
///
/// # Errors
/// When the loop cannot be started.
pub async fn burn(at_most: Duration, interrupted: impl Future<Output = ()>) -> io::Result<RunExit> {
    let over = Arc::new(AtomicBool::new(false));
    let parent = Arc::clone(&over);
    thread::Builder::new().spawn(move || {
        let mut stdin = io::stdin().lock();
        let mut ignored = [0; 64];
        while let Ok(1..) = stdin.read(&mut ignored) {}
        parent.store(true, Ordering::Relaxed);
    })?;
    let deadline = Instant::now() + at_most.min(LONGEST);
    let flag = Arc::clone(&over);
    let mut burning = tokio::task::spawn_blocking(move || {
        while !flag.load(Ordering::Relaxed) && Instant::now() < deadline {
            black_box((0..CHUNK).fold(0_u64, |sum, i| black_box(sum.wrapping_add(i))));
        }
    });
    tokio::select! {
        _ = &mut burning => Ok(RunExit::Pass),
        () = interrupted => {
            over.store(true, Ordering::Relaxed);
            Ok(RunExit::Interrupted)
        }
    }
}

//! The process group of a server: the child and whatever it started.

use tokio::process::Child;

/// A group whose rest is killed when this is dropped: a wrapper script must not leave the server behind that it started.
#[derive(Debug)]
pub(crate) struct Group {
    /// The leader's id, which is the group's; `None` once the group has been ended.
    leader: Option<u32>,
}

impl Group {
    /// The group that this child leads.
    pub(crate) fn led_by(child: &Child) -> Self {
        Self { leader: child.id() }
    }

    /// To be called as soon as the leader was reaped, while no other process can have got its id yet: what is left of the
    /// group is killed.
    pub(crate) fn leader_has_ended(&mut self) {
        if let Some(leader) = self.leader.take() {
            kill(leader);
        }
    }

    /// Kills all of it.
    pub(crate) fn kill(&self) {
        if let Some(leader) = self.leader {
            kill(leader);
        }
    }

    /// Asks all of it to end (SIGTERM).
    ///
    /// # Errors
    /// What the system says.
    #[cfg(unix)]
    pub(crate) fn ask_to_end(&self) -> std::io::Result<()> {
        use rustix::process::{Signal, kill_process_group};

        match self.leader.and_then(pid_of) {
            Some(leader) => Ok(kill_process_group(leader, Signal::TERM)?),
            None => Ok(()),
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

#[cfg(unix)]
fn kill(leader: u32) {
    use rustix::process::{Signal, kill_process_group};

    if let Some(leader) = pid_of(leader) {
        // An error says that nobody is left, which is what is wanted.
        let _ = kill_process_group(leader, Signal::KILL);
    }
}

/// Elsewhere there are no groups to kill; the child itself is.
#[cfg(not(unix))]
fn kill(_: u32) {}

#[cfg(unix)]
fn pid_of(id: u32) -> Option<rustix::process::Pid> {
    rustix::process::Pid::from_raw(id.try_into().ok()?)
}

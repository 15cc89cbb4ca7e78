//! The process's own figures, under the names that every Prometheus client uses. Linux only; elsewhere there are none.

use prometheus_client::{
    metrics::{counter::ConstCounter, gauge::ConstGauge},
    registry::{Registry, Unit},
};

/// A registry that holds this process's figures as they are now.
pub(super) fn registry() -> Registry {
    let mut all = Registry::with_prefix("process");
    #[cfg(target_os = "linux")]
    linux(&mut all);
    all
}

#[cfg(target_os = "linux")]
fn linux(all: &mut Registry) {
    use procfs::process::Process;

    let Ok(process) = Process::myself() else { return };
    let gauge = |value: u64| ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX));
    if let Ok(stat) = process.stat() {
        let page = procfs::page_size();
        all.register_with_unit(
            "resident_memory",
            "Resident memory",
            Unit::Bytes,
            gauge(stat.rss * page),
        );
        all.register(
            "threads",
            "Threads",
            gauge(u64::try_from(stat.num_threads).unwrap_or_default()),
        );
        #[expect(clippy::cast_precision_loss, reason = "clock ticks, far below 2^52")]
        let cpu = (stat.utime + stat.stime) as f64 / procfs::ticks_per_second() as f64;
        all.register_with_unit(
            "cpu",
            "User and system CPU time",
            Unit::Seconds,
            ConstCounter::new(cpu),
        );
    }
    if let Ok(count) = process.fd_count() {
        all.register("open_fds", "Open file descriptors", gauge(count as u64));
    }
}

//! The figures, as a table.

use crate::{
    cell::Cell,
    contest::Figures,
    rig::{Outcome, Unmeasured},
};

/// The columns.
pub(crate) fn heading() {
    println!(
        "{:<16} {:>11} {:>12} {:>9} {:>20} {:>14} {:>10}  {:>8}",
        "audio", "connections", "requests/s", "CPU", "req/s : nginx", "CPU : nginx", "peak RSS", "demanded"
    );
}

/// One cell's.
pub(crate) fn row(cell: &Cell, result: &Result<Figures, Unmeasured>) -> Outcome {
    print!("{:<16} {:>11} ", cell.ask.name(), cell.connections);
    let figures = match result {
        Ok(figures) => figures,
        Err(unmeasured) => {
            println!("{unmeasured}");
            return Outcome::Unmeasured;
        }
    };
    let demanded = cell.ask.demanded();
    let outcome = Outcome::of(figures.per_s_ratio.median >= demanded);
    println!(
        "{:>12.0} {:>6.1} µs {:>5.2} × ({:>4.2}–{:>4.2}) {:>12.2} × {:>6.1} MiB  {demanded:>5.2} × {}",
        figures.ours.per_s,
        figures.ours.cpu_us,
        figures.per_s_ratio.median,
        figures.per_s_ratio.least,
        figures.per_s_ratio.most,
        figures.cpu_ratio,
        figures.peak_bytes as f64 / f64::from(1 << 20),
        outcome.mark(),
    );
    outcome
}

/// How to read it.
pub(crate) fn notes() {
    println!(
        "\nRatios are the medians of interleaved rounds (in brackets the least and the most), against the better of nginx's `sendfile off` and \
         `sendfile on; tcp_nopush off`.\nMore requests a second and less CPU time a request are better. Figures in \
         absolute units are this machine's.\nCongestion control of nginx's connections: {}. Ours have Reno; one that \
         paces, such as bbr, slows nginx down.",
        std::fs::read_to_string("/proc/sys/net/ipv4/tcp_congestion_control")
            .map_or_else(|_| "not known".to_owned(), |name| name.trim().to_owned()),
    );
}

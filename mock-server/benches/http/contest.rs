//! Ours and nginx, in turn.

use std::time::Duration;

use crate::{
    cell::{Ask, Cell},
    rig::{
        Unmeasured, child,
        cores::{self, Pinning},
        median,
        nginx::{Nginx, Sending},
        object::{Object, same_range},
        server::{Server, binary},
        setting,
        usage::Watched,
        wrk::{Load, Wrk},
    },
};

/// Everything that runs.
pub(crate) struct Contest {
    server: Server,
    nginx: [Nginx; 2],
    objects: [Object; 3],
    wrk: Wrk,
    time: Duration,
    rounds: u32,
}

/// What one contender needed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    /// Requests a second.
    pub(crate) per_s: f64,
    /// CPU time of one request, in microseconds.
    pub(crate) cpu_us: f64,
}

impl Cost {
    fn per_s(&self) -> f64 {
        self.per_s
    }

    fn cpu_us(&self) -> f64 {
        self.cpu_us
    }
}

/// What came of one cell.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figures {
    /// Ours, median over the rounds.
    pub(crate) ours: Cost,
    /// Ratio to the better nginx, median over the rounds: requests a second.
    pub(crate) per_s_ratio: f64,
    /// Likewise: CPU time a request.
    pub(crate) cpu_ratio: f64,
    /// The most memory that our server had resident, in bytes.
    pub(crate) peak_bytes: u64,
}

impl Contest {
    /// Looks for what it takes, and starts it.
    pub(crate) async fn prepare() -> Result<Self, Unmeasured> {
        let (time, rounds) = (setting::load_time(1)?, setting::rounds(5)?);
        let program = Nginx::find()?;
        let pinning = Pinning::find()?;
        let wrk = Wrk::find(&pinning)?;
        child::raise_file_limit(4_096)?;
        let server = Server::start(pinning.on(cores::SERVER, &binary())).await?;
        let objects = [
            Object::segment(&server, Ask::Small.len()).await?,
            Object::segment(&server, Ask::Large.len()).await?,
            Object::merged(&server, Ask::Ranges.len()).await?,
        ];
        let [written, sent] = Sending::ALL.map(|how| Nginx::start(&program, &pinning, how, &objects));
        let nginx = [written?, sent?];
        for nginx in &nginx {
            for object in &objects {
                same_range(&server, nginx.base_url(), object).await?;
            }
        }
        Ok(Self {
            server,
            nginx,
            objects,
            wrk,
            time,
            rounds,
        })
    }

    /// Measures one cell.
    pub(crate) fn run(&self, cell: &Cell) -> Result<Figures, Unmeasured> {
        self.server.usage().forget_peak()?;
        let mut rounds = Vec::new();
        for _ in 0..self.rounds {
            let ours = self.load(cell, &self.server.url(""), self.server.usage())?;
            let [written, sent] = self.nginx.each_ref();
            let written = self.load(cell, written.base_url(), written.usage())?;
            let sent = self.load(cell, sent.base_url(), sent.usage())?;
            rounds.push((ours, [written, sent]));
        }
        let of = |figure: fn(&Cost) -> f64| median(rounds.iter().map(|(ours, _)| figure(ours)).collect());
        let ratio = |figure: fn(&Cost) -> f64, which: usize| {
            median(
                rounds
                    .iter()
                    .map(|(ours, nginx)| figure(ours) / figure(&nginx[which]))
                    .collect(),
            )
        };
        Ok(Figures {
            ours: Cost {
                per_s: of(Cost::per_s),
                cpu_us: of(Cost::cpu_us),
            },
            per_s_ratio: ratio(Cost::per_s, 0).min(ratio(Cost::per_s, 1)),
            cpu_ratio: ratio(Cost::cpu_us, 0).max(ratio(Cost::cpu_us, 1)),
            peak_bytes: self.server.usage().peak_resident_bytes()?,
        })
    }

    fn load(&self, cell: &Cell, base_url: &str, usage: &Watched) -> Result<Cost, Unmeasured> {
        let object = &self.objects[cell.ask as usize];
        let load = Load {
            part: cell.ask.part(object.bytes.len() as u64),
            connections: cell.connections,
            time: self.time,
        };
        let before = usage.cpu_time()?;
        let report = self.wrk.run(&format!("{base_url}{}", object.path), &load)?;
        let cpu = usage.cpu_time()?.saturating_sub(before);
        Ok(Cost {
            per_s: report.per_s,
            cpu_us: cpu.as_secs_f64() * 1e6 / report.requests as f64,
        })
    }
}

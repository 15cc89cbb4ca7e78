//! Ours and nginx, on one core, asked in turn.

use std::time::Duration;

use crate::{
    cell::{Ask, Cell},
    rig::{
        Unmeasured, child,
        cores::{self, Pinning},
        load::{Load, Report},
        median,
        nginx::{Nginx, Sending},
        object::{Object, same_range},
        server::{Server, binary},
        setting,
        usage::Watched,
    },
    turns,
};

/// Everything that runs.
pub(crate) struct Contest {
    server: Server,
    nginx: [Nginx; 2],
    objects: [Object; 3],
    pinning: Pinning,
    time: Duration,
    rounds: u32,
}

/// One cell, asked of everybody once.
pub(crate) struct Round {
    ours: Cost,
    /// In the order of [`Sending::ALL`].
    nginx: [Cost; 2],
    /// The most memory that our server had resident, in bytes.
    peak_bytes: u64,
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
    fn of(report: Report, cpu: Duration) -> Self {
        Self {
            per_s: report.per_s,
            cpu_us: cpu.as_secs_f64() * 1e6 / report.requests as f64,
        }
    }

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
    /// Ratio to the better nginx over the rounds: requests a second.
    pub(crate) per_s_ratio: Spread,
    /// Median ratio to the better nginx over the rounds: CPU time a request.
    pub(crate) cpu_ratio: f64,
    /// The most memory that our server had resident, in bytes.
    pub(crate) peak_bytes: u64,
}

/// Where a figure lay in the rounds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spread {
    pub(crate) least: f64,
    pub(crate) median: f64,
    pub(crate) most: f64,
}

impl Spread {
    fn of(values: Vec<f64>) -> Self {
        Self {
            least: values.iter().copied().fold(f64::INFINITY, f64::min),
            most: values.iter().copied().fold(0.0, f64::max),
            median: median(values),
        }
    }
}

impl Figures {
    /// Of one round at least.
    pub(crate) fn of(rounds: &[Round]) -> Self {
        let ours =
            |figure: fn(&Cost) -> f64| median(rounds.iter().map(|round| figure(&round.ours)).collect());
        let ratios = |figure: fn(&Cost) -> f64| {
            [0, 1].map(|which| {
                let ratio = |round: &Round| figure(&round.ours) / figure(&round.nginx[which]);
                Spread::of(rounds.iter().map(ratio).collect())
            })
        };
        let [written, sent] = ratios(Cost::per_s);
        Self {
            ours: Cost {
                per_s: ours(Cost::per_s),
                cpu_us: ours(Cost::cpu_us),
            },
            per_s_ratio: if written.median < sent.median {
                written
            } else {
                sent
            },
            cpu_ratio: ratios(Cost::cpu_us)
                .map(|ratio| ratio.median)
                .into_iter()
                .fold(0.0, f64::max),
            peak_bytes: rounds
                .iter()
                .map(|round| round.peak_bytes)
                .max()
                .unwrap_or_default(),
        }
    }
}

impl Contest {
    /// Looks for what it takes, and starts it.
    pub(crate) async fn prepare() -> Result<Self, Unmeasured> {
        let (time, rounds) = (setting::load_time(1)?, setting::rounds(5)?);
        let program = Nginx::find()?;
        let pinning = Pinning::find()?;
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
            pinning,
            time,
            rounds,
        })
    }

    /// Measures every cell once a round, so that what else the machine does for a while falls on all of them, and on
    /// none with all of its rounds.
    pub(crate) fn run(&self, cells: &[Cell]) -> Vec<Result<Figures, Unmeasured>> {
        let mut results: Vec<_> = cells.iter().map(|cell| (cell, Ok(Vec::new()))).collect();
        for number in 1..=self.rounds {
            println!("round {number} of {}", self.rounds);
            for (cell, rounds) in &mut results {
                let Ok(so_far) = rounds else { continue };
                match self.round(cell) {
                    Ok(round) => so_far.push(round),
                    Err(unmeasured) => *rounds = Err(unmeasured),
                }
            }
        }
        let figures = |rounds: Result<Vec<Round>, _>| rounds.map(|rounds| Figures::of(&rounds));
        results.into_iter().map(|(_, rounds)| figures(rounds)).collect()
    }

    fn round(&self, cell: &Cell) -> Result<Round, Unmeasured> {
        let object = &self.objects[cell.ask as usize];
        let load = Load {
            part: cell.ask.part(object.bytes.len() as u64),
            connections: cell.connections,
            time: self.time,
        };
        let [written, sent] = &self.nginx;
        let own = self.server.url("");
        let bases = [&own, written.base_url(), sent.base_url()];
        let usages = [self.server.usage(), written.usage(), sent.usage()];
        self.server.usage().forget_peak()?;
        let before = cpu_times(usages)?;
        let reports = turns::take(&self.pinning, bases, &object.path, &load)?;
        let after = cpu_times(usages)?;
        let [ours, written, sent] =
            [0, 1, 2].map(|who| Cost::of(reports[who], after[who].saturating_sub(before[who])));
        Ok(Round {
            ours,
            nginx: [written, sent],
            peak_bytes: self.server.usage().peak_resident_bytes()?,
        })
    }
}

fn cpu_times(of: [&Watched; 3]) -> Result<[Duration; 3], Unmeasured> {
    let [ours, written, sent] = of;
    Ok([ours.cpu_time()?, written.cpu_time()?, sent.cpu_time()?])
}

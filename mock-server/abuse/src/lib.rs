//! Hostile and clumsy clients of a server, and whether it withstands them.
//!
//! [`exchanges`] is a table of what can be said in one piece and must be refused, bounded or borne; the server's own
//! end-to-end tests run it too. [`cases`] adds what takes crowds or patience. Each case has a server of its own, the
//! real binary; its memory, descriptors and jobs are watched, and a bystander's latency.

pub mod bystander;
pub mod case;
pub mod cases;
pub mod crowd;
pub mod exchange;
pub mod exchanges;
pub mod page;
pub mod report;
pub mod subject;
pub mod wire;

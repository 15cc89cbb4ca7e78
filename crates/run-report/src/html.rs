//! Results as pages: one file each, that needs nothing but a browser. No scripts, no requests, light, dark and on paper.
//!
//! A page is built in two steps: a view, which is what it says in plain values and already bounded, and a template, which
//! is where it stands. Templates escape whatever they show ([`Shown`]).

mod axis;
mod compare;
mod curve;
mod forest;
mod frame;
mod golden;
mod growth;
mod guarded;
mod load;
mod map;
mod marks;
mod order;
mod prove;
mod results;
mod shown;
mod slower;
mod soak;
mod status;

use std::io;

use askama::Template;

pub(crate) use shown::Shown;

use crate::{compare::CompareRun, golden_run::GoldenRun, load::LoadResult, prove::ProveRun, soak::SoakRun};

/// A result that has a page.
pub trait HtmlReport {
    /// The whole page. Whatever the result's texts contain, they stay text.
    ///
    /// # Errors
    /// What the templates report, as an I/O error.
    fn to_html(&self) -> io::Result<String>;
}

impl HtmlReport for GoldenRun {
    fn to_html(&self) -> io::Result<String> {
        golden::GoldenPage::of(self).render().map_err(io::Error::other)
    }
}

impl HtmlReport for CompareRun {
    fn to_html(&self) -> io::Result<String> {
        compare::ComparePage::of(self).render().map_err(io::Error::other)
    }
}

impl HtmlReport for ProveRun {
    fn to_html(&self) -> io::Result<String> {
        prove::ProvePage::of(self).render().map_err(io::Error::other)
    }
}

impl HtmlReport for LoadResult {
    fn to_html(&self) -> io::Result<String> {
        load::LoadPage::of(self).render().map_err(io::Error::other)
    }
}

impl HtmlReport for SoakRun {
    fn to_html(&self) -> io::Result<String> {
        soak::SoakPage::of(self).render().map_err(io::Error::other)
    }
}

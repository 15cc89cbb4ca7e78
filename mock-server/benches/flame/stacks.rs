//! Sampled stacks as a tree: who was called by whom, how often.

use std::collections::BTreeMap;

/// A function in one place of the tree.
#[derive(Debug, Default)]
pub(crate) struct Node {
    /// Samples in which it was on the stack here.
    pub(crate) samples: u64,
    /// Those it called, by name.
    pub(crate) callees: BTreeMap<String, Node>,
}

/// All samples.
#[derive(Debug, Default)]
pub(crate) struct Stacks {
    root: Node,
}

impl Stacks {
    /// Reads what `perf script --fields comm,ip,sym` writes: for each sample the thread's name on a line of its own, then
    /// its frames, innermost first, indented, each an address and a name; then an empty line.
    pub(crate) fn read(script: &str) -> Self {
        let mut stacks = Self::default();
        let mut sample: Vec<String> = Vec::new();
        for line in script.lines().chain([""]) {
            if line.trim().is_empty() {
                stacks.add(&sample);
                sample.clear();
            } else if line.starts_with(char::is_whitespace) {
                let name = line.trim().split_once(' ').map_or("[unknown]", |(_, name)| name);
                sample.insert(1.min(sample.len()), plain(name));
            } else {
                sample.insert(0, line.trim().to_owned());
            }
        }
        stacks
    }

    /// Adds one sample: the thread, then its frames from the outermost on.
    fn add(&mut self, sample: &[String]) {
        if sample.is_empty() {
            return;
        }
        let mut node = &mut self.root;
        node.samples += 1;
        for name in sample {
            node = node.callees.entry(name.clone()).or_default();
            node.samples += 1;
        }
    }

    /// How many there are.
    pub(crate) fn samples(&self) -> u64 {
        self.root.samples
    }

    /// Everything.
    pub(crate) fn root(&self) -> &Node {
        &self.root
    }
}

/// A name without the hash that the compiler puts behind it.
fn plain(name: &str) -> String {
    let name = name.trim();
    match name.rsplit_once("::h") {
        Some((plain, hash)) if hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            plain.to_owned()
        }
        _ => name.to_owned(),
    }
}

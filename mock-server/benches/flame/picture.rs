//! The tree as an SVG file: no script, so that it opens anywhere; boxes too narrow to be seen are left out.

use std::fmt::Write as _;

use crate::stacks::{Node, Stacks};

const WIDTH: f64 = 1_400.0;
const ROW: f64 = 17.0;
const TOP: f64 = 40.0;
/// Narrower boxes are left out.
const LEAST: f64 = 0.4;
/// About the width of a character.
const LETTER: f64 = 6.6;

/// The picture.
pub(crate) fn svg(stacks: &Stacks) -> String {
    let rows = depth(stacks.root(), stacks.samples()) as f64;
    let height = TOP + rows * ROW + 10.0;
    let mut svg = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" \
         height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\">\n<style>text {{ font: 11px monospace; fill: #111 }} rect \
         {{ stroke: #fff; stroke-width: 0.5 }} g:hover > rect {{ stroke: #000 }}</style>\n<rect width=\"100%\" \
         height=\"100%\" fill=\"#fff\"/>\n<text x=\"10\" y=\"24\">Where the server's CPU time goes: {} samples; a box \
         stands on its caller; blue is the kernel</text>\n",
        stacks.samples()
    );
    let root = Placed {
        name: "all",
        node: stacks.root(),
        x: 0.0,
        bottom: height - 10.0,
    };
    draw(&mut svg, &root, stacks.samples());
    svg.push_str("</svg>\n");
    svg
}

struct Placed<'a> {
    name: &'a str,
    node: &'a Node,
    x: f64,
    bottom: f64,
}

fn width(node: &Node, all: u64) -> f64 {
    node.samples as f64 / all as f64 * WIDTH
}

/// Rows of boxes that are wide enough to be drawn.
fn depth(node: &Node, all: u64) -> usize {
    let drawn = node.callees.values().filter(|callee| width(callee, all) >= LEAST);
    1 + drawn.map(|callee| depth(callee, all)).max().unwrap_or(0)
}

fn draw(svg: &mut String, placed: &Placed<'_>, all: u64) {
    let width = width(placed.node, all);
    if width < LEAST {
        return;
    }
    let (x, y) = (placed.x, placed.bottom - ROW);
    let share = placed.node.samples as f64 / all as f64 * 100.0;
    let name = escaped(placed.name);
    // Writing to a string does not fail.
    let _ = write!(
        svg,
        "<g><title>{name}: {} samples, {share:.2} %</title><rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" \
         height=\"{ROW}\" fill=\"{}\"/>",
        placed.node.samples,
        colour(placed.name)
    );
    let letters = ((width - 6.0) / LETTER) as usize;
    if letters >= 3 {
        let shown: String = placed.name.chars().take(letters).collect();
        let _ = write!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\">{}</text>",
            x + 3.0,
            y + 12.5,
            escaped(&shown)
        );
    }
    svg.push_str("</g>\n");
    let mut x = x;
    for (name, node) in &placed.node.callees {
        let callee = Placed {
            name,
            node,
            x,
            bottom: y,
        };
        draw(svg, &callee, all);
        x += self::width(node, all);
    }
}

/// Rust's names have paths; what has none is the kernel's or the C library's.
fn colour(name: &str) -> String {
    let spread = name
        .bytes()
        .fold(7_u32, |sum, byte| sum.wrapping_mul(31) + u32::from(byte))
        % 40;
    if name.contains("::") || name.starts_with('<') {
        format!("rgb({}, {}, {})", 225 + spread % 30, 120 + spread * 2, 70)
    } else {
        format!("rgb({}, {}, {})", 130 + spread, 170 + spread, 235)
    }
}

fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut escaped, letter| {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            letter if letter.is_control() => escaped.push('?'),
            letter => escaped.push(letter),
        }
        escaped
    })
}

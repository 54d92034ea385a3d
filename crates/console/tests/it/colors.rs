//! The contrasts of the style sheet, by WCAG 2.2.

use std::collections::BTreeMap;

const CSS: &str = include_str!("../../assets/app.css");

/// The colours of a block of the style sheet, by name.
fn tokens(block: &str) -> BTreeMap<&str, [f64; 3]> {
    let color = |hex: &str| {
        let hex = hex.strip_prefix('#')?;
        let wide: String = if hex.len() == 3 { hex.chars().flat_map(|c| [c, c]).collect() } else { hex.into() };
        let part = |at: usize| u8::from_str_radix(wide.get(at..at + 2)?, 16).ok().map(f64::from);
        Some([part(0)?, part(2)?, part(4)?])
    };
    let pairs = block.split(';').filter_map(|pair| pair.trim().strip_prefix("--")?.split_once(':'));
    pairs.filter_map(|(name, value)| Some((name, color(value.trim())?))).collect()
}

fn luminance(color: [f64; 3]) -> f64 {
    let linear =
        color.map(|c| if c / 255.0 <= 0.04045 { c / 255.0 / 12.92 } else { ((c / 255.0 + 0.055) / 1.055).powf(2.4) });
    0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
}

fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn every_text_can_be_read_in_both_schemes() {
    let mut blocks = CSS.split(":root {").skip(1).map(|rest| tokens(rest.split('}').next().unwrap()));
    let light = blocks.next().unwrap();
    let mut dark = light.clone();
    dark.extend(blocks.next().unwrap());
    assert_ne!(light["paper"], dark["paper"]);
    for (scheme, colors) in [("light", light), ("dark", dark)] {
        let grounds = ["paper", "raised", "sunk"];
        let texts = ["ink", "ink-2", "ink-3", "accent", "person", "wait", "bad"];
        let plain = grounds.iter().flat_map(|ground| texts.map(|text| (text, *ground, 4.5)));
        let edges = grounds.iter().map(|ground| ("edge", *ground, 3.0));
        let soft = [
            ("on-accent", "accent", 4.5),
            ("ink-2", "accent-soft", 4.5),
            ("ink", "accent-soft", 4.5),
            ("ink", "wait-soft", 4.5),
            ("note", "note-soft", 4.5),
            ("ink", "note-soft", 4.5),
            ("ink", "bad-soft", 4.5),
            ("bad", "bad-soft", 4.5),
            ("paper", "ink", 4.5),
        ];
        for (text, ground, least) in plain.chain(edges).chain(soft) {
            let found = contrast(colors[text], colors[ground]);
            assert!(found >= least, "{scheme}: {text} on {ground} has {found:.2}");
        }
    }
}

#[test]
fn the_contrast_is_that_of_the_standard() {
    assert!((contrast([0.0; 3], [255.0; 3]) - 21.0).abs() < 0.01);
    assert!((contrast([119.0; 3], [255.0; 3]) - 4.48).abs() < 0.01);
}

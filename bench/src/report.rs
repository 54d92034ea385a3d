//! The printed report: a line for each run, and a table of medians at the end.

use std::fmt;

use crate::driver::Measured;

/// One figure of our server beside another.
pub struct Line {
    pub what: String,
    pub unit: &'static str,
    pub ours: f64,
    /// The figure by which ours is divided, usually the bare server's, with its name.
    pub against: f64,
    pub against_what: &'static str,
    pub target: Target,
}

/// The target of a figure.
pub enum Target {
    RatioAtLeast(f64),
    RatioAtMost(f64),
    /// In the unit of the line.
    AtMost(f64),
    /// Above the figure beside it, in the unit of the line.
    MoreAtMost(f64),
    None,
}

impl Line {
    fn ratio(&self) -> f64 {
        self.ours / self.against
    }

    /// `None` if there is no target.
    fn is_met(&self) -> Option<bool> {
        match self.target {
            Target::RatioAtLeast(ratio) => Some(self.ratio() >= ratio),
            Target::RatioAtMost(ratio) => Some(self.ratio() <= ratio),
            Target::AtMost(figure) => Some(self.ours <= figure),
            Target::MoreAtMost(figure) => Some(self.ours - self.against <= figure),
            Target::None => None,
        }
    }

    /// The distance from the target, as a fraction of it.
    fn shortfall(&self) -> f64 {
        match self.target {
            Target::RatioAtLeast(ratio) => 1.0 - self.ratio() / ratio,
            Target::RatioAtMost(ratio) => self.ratio() / ratio - 1.0,
            Target::AtMost(figure) => self.ours / figure - 1.0,
            Target::MoreAtMost(figure) => (self.ours - self.against) / figure - 1.0,
            Target::None => 0.0,
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let figure = |value| format!("{} {}", rounded(value), self.unit);
        let target = match self.target {
            Target::RatioAtLeast(ratio) => format!("ratio ≥ {ratio}"),
            Target::RatioAtMost(ratio) => format!("ratio ≤ {ratio}"),
            Target::AtMost(value) => format!("≤ {}", figure(value)),
            Target::MoreAtMost(value) => format!("≤ {} more", figure(value)),
            Target::None => "–".into(),
        };
        let verdict = match self.is_met() {
            Some(true) => "met".into(),
            Some(false) => format!("MISSED by {:.0} %", self.shortfall() * 100.0),
            None => String::new(),
        };
        let against = format!("{} ({})", figure(self.against), self.against_what);
        let ours = figure(self.ours);
        write!(f, "{:<66} {ours:>12} {against:>38} {:>6.2}  {target:<12} {verdict}", self.what, self.ratio())
    }
}

/// The table of medians.
pub fn print(lines: &[Line]) {
    println!("\n{:<66} {:>12} {:>38} {:>6}  target", "medians", "ours", "against", "ratio");
    for line in lines {
        println!("{line}");
    }
}

/// A line for one run, printed as soon as it has ended.
pub fn progress(what: &str, whose: &str, run: &Measured) {
    let Measured { per_s, p50_ms, p99_ms, driver_cores, server_cores } = run;
    println!(
        "  {what}: {whose:<5} {per_s:>7.0}/s  p50 {p50_ms:>7.2} ms  p99 {p99_ms:>7.2} ms  \
         CPU of the driver {driver_cores:.2}, of the server {server_cores:.2} cores"
    );
}

/// The median: the middle value, or the mean of the two middle ones. Needs at least one value.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { f64::midpoint(values[middle - 1], values[middle]) }
}

/// The value with three significant digits.
fn rounded(value: f64) -> String {
    match value {
        _ if value >= 100.0 => format!("{value:.0}"),
        _ if value >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median([3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median([4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median([7.0]), 7.0);
    }

    #[test]
    fn a_target_is_met_or_says_by_how_much_it_is_missed() {
        let check = |ours, target, expect: &str| {
            let line = Line { what: "x".into(), unit: "ms", ours, against: 10.0, against_what: "bare", target };
            assert!(line.to_string().ends_with(expect), "{line}");
        };
        check(6.0, Target::RatioAtLeast(0.6), "0.60  ratio ≥ 0.6  met");
        check(5.4, Target::RatioAtLeast(0.6), "0.54  ratio ≥ 0.6  MISSED by 10 %");
        check(15.0, Target::RatioAtMost(1.0), "1.50  ratio ≤ 1    MISSED by 50 %");
        check(110.0, Target::AtMost(100.0), "11.00  ≤ 100 ms     MISSED by 10 %");
        check(15.0, Target::MoreAtMost(5.0), "1.50  ≤ 5.00 ms more met");
        check(16.0, Target::MoreAtMost(5.0), "1.60  ≤ 5.00 ms more MISSED by 20 %");
    }
}

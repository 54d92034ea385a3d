//! Figures of the kernel about a process (Linux only).

use std::time::Duration;

use anyhow::{Context, Result};

/// `USER_HZ`, the unit of CPU times in `/proc`: 100 on every architecture that Linux runs on here.
const TICKS_PER_S: f64 = 100.0;

/// CPU time that the process has used so far, in user and kernel mode, all threads together.
pub fn cpu(pid: u32) -> Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name in parentheses may contain spaces, so fields are counted after it. `utime` is the 14th, and `stime` the
    // 15th.
    let after_name = stat.rsplit_once(')').context("no name in /proc/PID/stat")?.1;
    let ticks: Vec<f64> = after_name.split_whitespace().skip(11).take(2).map(str::parse).collect::<Result<_, _>>()?;
    Ok(Duration::from_secs_f64(ticks.iter().sum::<f64>() / TICKS_PER_S))
}

/// Resident memory in KB, without the kernel's socket buffers.
pub fn resident_kb(pid: u32) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS in /proc/PID/status")?;
    Ok(line.trim().trim_end_matches("kB").trim().parse()?)
}

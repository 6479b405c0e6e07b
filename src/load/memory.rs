//! How much memory this process has used. Asks the operating system; nothing else here does.

/// The most memory that this process has had at once, in bytes; `None` where Linux is not.
pub fn peak_memory_bytes() -> Option<u64> {
    peak(&std::fs::read_to_string("/proc/self/status").ok()?)
}

fn peak(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_read_from_the_status_of_the_process() {
        assert_eq!(peak("Name:\tx\nVmHWM:\t    1024 kB\nVmRSS:\t 12 kB\n"), Some(1 << 20));
        assert_eq!(peak("Name:\tx\n"), None);
    }
}

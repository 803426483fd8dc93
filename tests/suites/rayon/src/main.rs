//! A sum by rayon's global pool in the parent, then by the same pool in its child.
mod reap;
use rayon::prelude::*;

fn sum() -> u64 {
    (0..1_000_000u64).into_par_iter().sum()
}

fn main() {
    let expected = sum();
    let child = unsafe { libc::fork() };
    if child == 0 {
        let status = if sum() == expected { 0 } else { 1 };
        unsafe { libc::_exit(status) };
    }
    std::process::exit(reap::reap(child));
}

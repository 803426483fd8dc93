//! A sum by rayon's global pool in the parent, then by the same pool in its child. With the
//! argument "safe" the child builds a pool of its own.
mod reap;
use rayon::prelude::*;

fn sum() -> u64 {
    (0..1_000_000u64).into_par_iter().sum()
}

fn main() {
    let is_safe = std::env::args().nth(1).as_deref() == Some("safe");
    let expected = sum();
    let child = unsafe { libc::fork() };
    if child == 0 {
        let again = if is_safe {
            rayon::ThreadPoolBuilder::new().build().unwrap().install(sum)
        } else {
            sum()
        };
        let status = if again == expected { 0 } else { 1 };
        unsafe { libc::_exit(status) };
    }
    std::process::exit(reap::reap(child));
}

//! smol: work of its executor, its blocking pool and its reactor, in the parent, then in a child.
//! With the argument "safe" the child is the first to use it.
use std::time::Duration;

fn add() -> i32 {
    smol::block_on(async { smol::spawn(async { 1 + 1 }).await })
}

fn read() -> i32 {
    smol::block_on(smol::unblock(|| 1 + 1))
}

fn wait() -> i32 {
    smol::block_on(async {
        smol::Timer::after(Duration::from_millis(20)).await;
        2
    })
}

fn main() {
    let work = match std::env::args().nth(1).as_deref() {
        Some("blocking") => read,
        Some("timer") => wait,
        _ => add,
    };
    let is_safe = std::env::args().nth(2).as_deref() == Some("safe");

    if !is_safe {
        work();
    }
    let child = unsafe { libc::fork() };
    if child == 0 {
        let sum = work();
        unsafe { libc::_exit(if sum == 2 { 0 } else { 1 }) };
    }
    let mut status = 1;
    unsafe { libc::waitpid(child, &mut status, 0) };
    std::process::exit(if status == 0 { 0 } else { 1 });
}

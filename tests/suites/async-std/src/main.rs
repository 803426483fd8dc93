//! async-std: a task, blocking work and a timer, in the parent, then in a child.
//! With the argument "safe" the child is the first to use it.
use async_std::task;
use std::time::Duration;

fn add() -> i32 {
    task::block_on(async { task::spawn(async { 1 + 1 }).await })
}

fn read() -> i32 {
    task::block_on(task::spawn_blocking(|| 1 + 1))
}

fn wait() -> i32 {
    task::block_on(async {
        task::sleep(Duration::from_millis(20)).await;
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

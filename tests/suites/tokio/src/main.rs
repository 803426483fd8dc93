//! A tokio runtime: tasks by its workers in the parent, then in a child that inherits it.
//! With the argument "safe" the child makes a runtime of its own.
mod reap;
use tokio::runtime::{Builder, Runtime};

fn make() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).build().unwrap()
}

fn add(runtime: &Runtime) -> i32 {
    runtime.block_on(async { tokio::spawn(async { 1 + 1 }).await.unwrap() })
}

fn main() {
    let is_safe = std::env::args().nth(1).as_deref() == Some("safe");
    let runtime = make();

    add(&runtime);
    let child = unsafe { libc::fork() };
    if child == 0 {
        let sum = if is_safe { add(&make()) } else { add(&runtime) };
        unsafe { libc::_exit(if sum == 2 { 0 } else { 1 }) };
    }
    std::process::exit(reap::reap(child));
}

//! cure-rust WHAT [cured]: what a Rust child waits for, and the cure that a report prints.
//! WHAT: mutex, rwlock, once: another thread has it at the fork; pre_exec: it is asked for there;
//! channel: a thread that was lost would answer.

use std::os::unix::process::CommandExt;
use std::process::{exit, Command};
use std::sync::{mpsc, Mutex, OnceLock, RwLock};
use std::thread;
use std::time::Duration;

extern "C" {
    fn fork() -> i32;
    fn waitpid(pid: i32, status: *mut i32, options: i32) -> i32;
    fn _exit(status: i32) -> !;
}

static TABLE: Mutex<u32> = Mutex::new(0);
static INDEX: RwLock<u32> = RwLock::new(0);
static NAMES: OnceLock<u32> = OnceLock::new();

/// In the child: ends it. In the parent: how it ended.
fn run_forked(pid: i32, work: impl FnOnce() -> bool) -> bool {
    if pid == 0 {
        let good = work();
        unsafe { _exit(if good { 0 } else { 1 }) }
    }
    let mut status = 0;
    unsafe { waitpid(pid, &mut status, 0) };
    status == 0
}

fn run_in_child(work: impl FnOnce() -> bool) -> bool {
    run_forked(unsafe { fork() }, work)
}

fn hold_for_a_while() {
    thread::sleep(Duration::from_millis(500));
}

/// Somebody has it most of the time.
fn hold_again_and_again(hold: impl Fn(&mpsc::Sender<()>) + Send + 'static) {
    let (send, taken) = mpsc::channel();

    thread::spawn(move || loop {
        hold(&send);
        thread::sleep(Duration::from_millis(10));
    });
    taken.recv().unwrap();
}

fn hold_table() {
    hold_again_and_again(|taken| {
        let mut table = TABLE.lock().unwrap();
        *table += 1;
        let _ = taken.send(());
        hold_for_a_while();
        *table -= 1;
    });
}

fn is_table_whole() -> bool {
    *TABLE.lock().unwrap() == 0
}

fn mutex(cured: bool) -> bool {
    hold_table();
    if !cured {
        return run_in_child(is_table_whole);
    }
    let guard = TABLE.lock();
    let pid = unsafe { fork() };
    drop(guard);
    run_forked(pid, is_table_whole)
}

fn rwlock(cured: bool) -> bool {
    let is_index_whole = || *INDEX.read().unwrap() == 0;

    hold_again_and_again(|taken| {
        let mut index = INDEX.write().unwrap();
        *index += 1;
        let _ = taken.send(());
        hold_for_a_while();
        *index -= 1;
    });
    if !cured {
        return run_in_child(is_index_whole);
    }
    let guard = INDEX.write();
    let pid = unsafe { fork() };
    drop(guard);
    run_forked(pid, is_index_whole)
}

fn names() -> u32 {
    hold_for_a_while();
    7
}

fn once(cured: bool) -> bool {
    if cured {
        NAMES.get_or_init(names);
    }
    thread::spawn(|| NAMES.get_or_init(names));
    thread::sleep(Duration::from_millis(100));
    run_in_child(|| *NAMES.get_or_init(names) == 7)
}

fn pre_exec(cured: bool) -> bool {
    let mut command = Command::new("true");

    hold_table();
    if cured {
        *TABLE.lock().unwrap() += 0;
    } else {
        unsafe { command.pre_exec(|| Ok(*TABLE.lock().unwrap() += 0)) };
    }
    command.status().unwrap().success()
}

fn start_worker() -> (mpsc::Sender<u32>, mpsc::Receiver<u32>) {
    let (ask, asked) = mpsc::channel();
    let (answer, answered) = mpsc::channel();

    thread::spawn(move || {
        for number in asked {
            answer.send(number + 1).unwrap();
        }
    });
    (ask, answered)
}

fn ask(worker: &(mpsc::Sender<u32>, mpsc::Receiver<u32>)) -> bool {
    worker.0.send(1).unwrap();
    worker.1.recv().unwrap() == 2
}

fn channel(cured: bool) -> bool {
    let worker = start_worker();

    ask(&worker);
    thread::sleep(Duration::from_millis(100)); // until it waits again
    run_in_child(|| ask(&if cured { start_worker() } else { worker }))
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let cured = arguments.len() > 2;
    let good = match arguments[1].as_str() {
        "mutex" => mutex(cured),
        "rwlock" => rwlock(cured),
        "once" => once(cured),
        "pre_exec" => pre_exec(cured),
        _ => channel(cured),
    };

    exit(if good { 0 } else { 1 })
}

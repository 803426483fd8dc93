//! reach-rust WHAT safe|unsafe: a thread uses a std::sync lock all the time, and the child of a
//! fork takes it; `safe`: it takes one of its own. WHAT: mutex, rwlock. They are words of the
//! program's own as long as nobody waits, and no call tells of them.

use std::process::exit;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{mpsc, Mutex, RwLock};
use std::thread;
use std::time::Duration;

extern "C" {
    fn fork() -> i32;
    fn waitpid(pid: i32, status: *mut i32, options: i32) -> i32;
    fn _exit(status: i32) -> !;
}

static TABLE: Mutex<u32> = Mutex::new(0);
static INDEX: RwLock<u32> = RwLock::new(0);
static OWN_TABLE: Mutex<u32> = Mutex::new(0);
static OWN_INDEX: RwLock<u32> = RwLock::new(0);
static ENDS: AtomicBool = AtomicBool::new(false);

fn use_lock(what: &str, is_own: bool) {
    match (what, is_own) {
        ("mutex", false) => *TABLE.lock().unwrap() += 1,
        ("mutex", true) => *OWN_TABLE.lock().unwrap() += 1,
        (_, false) => *INDEX.write().unwrap() += 1,
        (_, true) => *OWN_INDEX.write().unwrap() += 1,
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let (what, is_safe) = (arguments[1].clone(), arguments[2] == "safe");
    let (first, started) = mpsc::channel();
    let used = what.clone();
    let thread = thread::spawn(move || {
        use_lock(&used, false);
        first.send(()).unwrap();
        while !ENDS.load(Ordering::SeqCst) {
            use_lock(&used, false);
            thread::sleep(Duration::from_millis(5));
        }
    });
    started.recv().unwrap();
    let pid = unsafe { fork() };
    if pid == 0 {
        use_lock(&what, is_safe);
        unsafe { _exit(0) }
    }
    let mut status = 0;
    unsafe { waitpid(pid, &mut status, 0) };
    ENDS.store(true, Ordering::SeqCst);
    thread.join().unwrap();
    exit(status >> 8);
}

//! std::sync::Mutex: a thread of the parent holds it at fork, the child locks it.
mod reap;
use std::sync::{mpsc, Mutex};

static STATE: Mutex<u32> = Mutex::new(0);

fn update_state() {
    *STATE.lock().unwrap() += 1;
}

fn main() {
    let (taken, is_taken) = mpsc::channel();
    let (finish, finished) = mpsc::channel::<()>();
    let holder = std::thread::Builder::new()
        .name("holder".into())
        .spawn(move || {
            let _guard = STATE.lock().unwrap();
            taken.send(()).unwrap();
            finished.recv().unwrap();
        })
        .unwrap();

    is_taken.recv().unwrap();
    let child = unsafe { libc::fork() };
    if child == 0 {
        update_state();
        unsafe { libc::_exit(0) };
    }
    let status = reap::reap(child);
    finish.send(()).unwrap();
    holder.join().unwrap();
    std::process::exit(status);
}

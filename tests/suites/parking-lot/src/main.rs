//! parking_lot::Mutex: a thread of the parent holds it at fork, the child locks it.
//! With the argument "safe" the thread has given it back before the fork.
mod reap;
use parking_lot::Mutex;
use std::sync::mpsc;

static STATE: Mutex<u32> = Mutex::new(0);

fn update_state() {
    *STATE.lock() += 1;
}

fn main() {
    let (taken, is_taken) = mpsc::channel();
    let (finish, finished) = mpsc::channel::<()>();
    let holder = std::thread::Builder::new()
        .name("holder".into())
        .spawn(move || {
            let _guard = STATE.lock();
            taken.send(()).unwrap();
            finished.recv().unwrap();
        })
        .unwrap();

    is_taken.recv().unwrap();
    let mut holder = Some(holder);
    if std::env::args().nth(1).as_deref() == Some("safe") {
        finish.send(()).unwrap();
        holder.take().unwrap().join().unwrap();
    }
    let child = unsafe { libc::fork() };
    if child == 0 {
        update_state();
        unsafe { libc::_exit(0) };
    }
    let status = reap::reap(child);
    if let Some(holder) = holder {
        finish.send(()).unwrap();
        holder.join().unwrap();
    }
    std::process::exit(status);
}

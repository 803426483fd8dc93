/* LATENT lock=TOTALS lost=ticker child=child_main kind=rust-mutex unseen=inline */
// std::sync::Mutex is an inline futex word until it is contended.
use std::sync::Mutex;
use std::thread::{sleep, spawn};
use std::time::Duration;
extern "C" {
    fn fork() -> i32;
    fn waitpid(pid: i32, status: *mut i32, options: i32) -> i32;
    fn _exit(code: i32) -> !;
}
static TOTALS: Mutex<Vec<u64>> = Mutex::new(Vec::new());

fn ticker(slow: bool) {
    loop {
        {
            let mut t = TOTALS.lock().unwrap();
            t.truncate(10);
            t.push(1);
            if slow { sleep(Duration::from_millis(20)); }
        }
        sleep(Duration::from_millis(2));
    }
}

fn child_main() -> i32 {
    (TOTALS.lock().unwrap().len() > 100) as i32
}

fn main() {
    let slow = std::env::var_os("SLOW").is_some();
    let mut bad = 0;
    spawn(move || ticker(slow));
    for _ in 0..5 {
        sleep(Duration::from_micros(5700));
        unsafe {
            let pid = fork();
            if pid == 0 { _exit(child_main()); }
            let mut st = 0;
            waitpid(pid, &mut st, 0);
            bad |= st;
        }
    }
    unsafe { _exit((bad != 0) as i32) }
}

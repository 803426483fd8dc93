//! A test that passes, with a fork while another thread holds a lock of C's.
use std::sync::mpsc::channel;

extern "C" {
    fn fork() -> i32;
    fn waitpid(child: i32, status: *mut i32, options: i32) -> i32;
    fn _exit(status: i32) -> !;
    fn pthread_mutex_lock(mutex: *mut u64) -> i32;
    fn pthread_mutex_unlock(mutex: *mut u64) -> i32;
}

static mut LOG_MUTEX: [u64; 8] = [0; 8];

fn log_mutex() -> *mut u64 {
    unsafe { std::ptr::addr_of_mut!(LOG_MUTEX) as *mut u64 }
}

#[test]
fn forks_beside_a_logger() {
    let (held, is_held) = channel();
    let (over, is_over) = channel::<()>();
    let logger = std::thread::spawn(move || {
        unsafe { pthread_mutex_lock(log_mutex()) };
        held.send(()).unwrap();
        is_over.recv().unwrap();
        unsafe { pthread_mutex_unlock(log_mutex()) };
    });
    is_held.recv().unwrap();
    let mut status = -1;
    unsafe {
        let child = fork();
        if child == 0 {
            _exit(0);
        }
        waitpid(child, &mut status, 0);
    }
    over.send(()).unwrap();
    logger.join().unwrap();
    assert_eq!(status, 0);
}

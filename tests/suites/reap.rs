//! A parent that loses patience after five seconds, with status 42 where the child hung.

pub fn reap(child: libc::pid_t) -> i32 {
    let mut status = 0;
    for _ in 0..500 {
        if unsafe { libc::waitpid(child, &mut status, libc::WNOHANG) } == child {
            return if libc::WIFEXITED(status) {
                libc::WEXITSTATUS(status)
            } else {
                128 + libc::WTERMSIG(status)
            };
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    unsafe {
        libc::kill(child, libc::SIGKILL);
        libc::waitpid(child, &mut status, 0);
    }
    42
}

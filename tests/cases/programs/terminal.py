"""forkcheck as a job: of a shell with a terminal, and of a process that sends signals.

    terminal.py MODE FORKCHECK

The shell is this program's own child, so that each step waits for the one before.
Prints "ok", or what went wrong.
"""
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time

PATIENCE = 40
tool = sys.argv[2]


class Talk:
    """What comes out of a descriptor, in order; what was expected is taken out."""

    def __init__(self, reader, writer):
        self.reader, self.writer, self.text = reader, writer, ""
        self.transcript = ""

    def say(self, text):
        os.write(self.writer, text.encode())

    def expect(self, pattern):
        end = time.monotonic() + PATIENCE
        while not (found := re.search(pattern, self.text)):
            ready, _, _ = select.select([self.reader], [], [], max(0, end - time.monotonic()))
            try:
                got = os.read(self.reader, 4096) if ready else b""
            except OSError:
                got = b""
            if not got:
                sys.exit("no %r in %r" % (pattern, self.text))
            self.text += got.decode().replace("\r", "")
            self.transcript += got.decode()
        self.text = self.text[found.end():]
        return found


def start_in_terminal(body):
    """A session of its own with a terminal; `body` gets its exit status by return."""
    child, terminal = pty.fork()
    if child == 0:
        try:
            os._exit(body() or 0)
        except BaseException as problem:
            print("shell: %r" % problem, flush=True)
            os._exit(99)
    return child, Talk(terminal, terminal)


def status_of(child):
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def state_of(pid):
    with open("/proc/%d/stat" % pid) as file:
        return file.read().rpartition(")")[2].split()[0]


def start_job(words):
    """As a shell does: a group of its own, in the foreground."""
    job = os.fork()
    if job == 0:
        os.setpgid(0, 0)
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        os.tcsetpgrp(0, os.getpid())
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        os.execvp(words[0], words)
    return job


def shell(words):
    """Runs a job; says when it stops, and continues it at once."""
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    job = start_job(words)
    while True:
        _, status = os.waitpid(job, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            break
        os.tcsetpgrp(0, os.getpgrp())
        print("stopped %d" % os.WSTOPSIG(status), flush=True)
        sys.stdin.readline()
        os.tcsetpgrp(0, job)
        os.killpg(job, signal.SIGCONT)
    os.tcsetpgrp(0, os.getpgrp())
    print("ended %d" % os.waitstatus_to_exitcode(status), flush=True)
    return 0


def interrupt():
    """Ctrl-C and Ctrl-\\ arrive once."""
    shell_pid, talk = start_in_terminal(lambda: shell([tool, "listens", "2", "3"]))
    talk.expect("ready")
    # Often: a second one that meets the first before it is delivered would not be seen.
    for key, number in 20 * [("\x03", 2), ("\x1c", 3)]:
        talk.say(key)
        # The terminal throws away what was typed before.
        talk.expect("got %d kernel\n" % number)
    talk.say("end\n")
    rest = talk.expect("(?s)^(.*)ended 5\n").group(1)
    assert "got" not in rest and "process" not in talk.transcript, talk.transcript
    return status_of(shell_pid)


def interrupted_by_default():
    """Ctrl-C ends the program, and forkcheck as the program."""
    shell_pid, talk = start_in_terminal(lambda: shell([tool, "listens"]))
    talk.expect("ready")
    talk.say("\x03")
    talk.expect("ended -2\n")
    return status_of(shell_pid)


def stop():
    """Ctrl-Z stops the program, the shell gets to know it, and fg continues both, once."""
    shell_pid, talk = start_in_terminal(lambda: shell([tool, "listens", "18"]))
    program = int(talk.expect(r"ready (\d+)").group(1))
    for _ in range(2):
        talk.say("\x1a")
        talk.expect("stopped 20\n")
        assert state_of(program) == "T"
        talk.say("fg\n")
        talk.expect("got 18 process\n")
        talk.say("hello\n")
        talk.expect("line 5 hello\n")
    talk.say("end\n")
    talk.expect("ended 5\n")
    return status_of(shell_pid)


def stop_itself():
    """A program that stops only itself stops the job, by the same signal."""
    shell_pid, talk = start_in_terminal(lambda: shell([tool, "listens"]))
    program = int(talk.expect(r"ready (\d+)").group(1))
    for number in 19, 20, 21, 22:
        talk.say("stop %d\n" % number)
        talk.expect("stopped %d\n" % number)
        assert state_of(program) == "T"
        talk.say("fg\n")
        talk.expect("line 7 stop %d\n" % number)
    talk.say("end\n")
    talk.expect("ended 5\n")
    return status_of(shell_pid)


def stop_caught():
    """A program that catches Ctrl-Z goes on, and keeps the terminal."""
    shell_pid, talk = start_in_terminal(lambda: shell([tool, "listens", "20"]))
    talk.expect("ready")
    talk.say("\x1a")
    talk.expect("got 20 kernel\n")
    talk.say("hello\n")
    talk.expect("line 5 hello\n")
    talk.say("end\n")
    talk.expect("ended 5\n")
    assert "process" not in talk.transcript, talk.transcript
    return status_of(shell_pid)


def stop_session_leader():
    """Nobody could continue it: Ctrl-Z does nothing, as without forkcheck."""
    child, talk = start_in_terminal(lambda: os.execvp(tool, [tool, "listens"]))
    talk.expect("ready")
    talk.say("\x1ahello\n")
    talk.expect("line 5 hello\n")
    talk.say("end\n")
    assert status_of(child) == 5


def job_shell():
    """A shell with job control of its own inside: it takes the terminal and gives it back."""
    words = [tool, "bash", "--norc", "--noprofile", "--noediting", "-i"]
    os.environ["PS1"] = "prompt> "
    shell_pid, talk = start_in_terminal(lambda: shell(words))
    talk.expect("prompt> ")
    talk.say("cat\n")
    talk.say("one\n")
    talk.expect("one\none\n")
    talk.say("\x1a")
    talk.expect("Stopped +cat\n(.|\n)*prompt> ")
    talk.say("fg\n")
    talk.expect("fg\ncat\n")
    talk.say("two\n")
    talk.expect("two\ntwo\n")
    talk.say("\x03")
    talk.expect("prompt> ")
    talk.say("suspend\n")
    talk.expect("stopped 19\n")
    talk.say("fg\n")
    talk.say("exit 5\n")
    talk.expect("ended 5\n")
    return status_of(shell_pid)


def await_rest(pid):
    """Until the process waits in a system call, and has not run in between two looks.

    An interpreter prints its prompt before it waits for a key. A signal that comes in between
    is seen at the next key only, without forkcheck, too.
    """
    before = None
    for _ in range(100):
        with open(f"/proc/{pid}/status") as status, open(f"/proc/{pid}/syscall") as call:
            now = [line for line in status if "ctxt_switches" in line] + [call.read()]
        if now == before and not now[-1].startswith("running"):
            return
        before = now
        time.sleep(0.1)
    raise AssertionError(f"process {pid} does not come to rest: {before}")


def interrupt_calm():
    """An interpreter lives on after Ctrl-C, however often it comes, and so does forkcheck."""
    shell_pid, talk = start_in_terminal(lambda: shell([tool, sys.executable, "-q"]))
    talk.expect(">>> ")
    talk.say("import os; print('pid', os.getpid())\n")
    program = int(talk.expect(r"pid (\d+)\n>>> ").group(1))
    for _ in range(3):
        await_rest(program)
        talk.say("\x03")
        talk.expect("KeyboardInterrupt\n>>> ")
    time.sleep(11)
    talk.say("exit(6 * 7)\n")
    talk.expect("ended 42\n")
    return status_of(shell_pid)


def interrupt_hung():
    """Where something hangs, Ctrl-C twice ends a program that ignores it."""
    words = [tool, "--color=never", "--on-deadlock=wait", "sh", "-c", "trap '' INT; server idle"]
    shell_pid, talk = start_in_terminal(lambda: shell(words))
    talk.expect("error FC002")
    talk.expect("suppress: ")
    for _ in range(2):
        time.sleep(0.5)
        talk.say("\x03")
    talk.expect("ended the run: forkcheck was asked to end a second time, by\n? *SIGINT")
    talk.expect("ended 66\n")
    return status_of(shell_pid)


def patience():
    """Nothing moves, but somebody may still type."""
    words = [tool, "--color=never", "--end-after=2s", "sh", "-c",
             "mutex normal hang; read line; echo got $line; server idle"]
    shell_pid, talk = start_in_terminal(lambda: shell(words))
    talk.expect("suppress: ")
    time.sleep(5)
    talk.say("hello\n")
    talk.expect("got hello\n")
    talk.expect("ended the run: nothing in it has moved")
    talk.expect("ended 66\n")
    return status_of(shell_pid)


def hang_up():
    """The report is written, and both end, though the terminal is gone."""
    words = [tool, "--color=never", "--on-deadlock=wait", "--format=json", "-o", "report.json",
             "--format=text", "server", "idle"]
    child, talk = start_in_terminal(lambda: os.execvp(tool, words))
    talk.expect("error FC002")
    os.close(talk.reader)
    assert status_of(child) == 66
    with open("report.json") as file:
        assert '"FC002"' in file.read()


def sent():
    """What others send to forkcheck arrives, once, with its value."""
    numbers = [1, 2, 3, 10, 12, 14, 15, 18, 20, 23, 26, 27, 28, 29, 30, 34, 40, 64]
    words = [tool, "listens", *map(str, numbers)]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    talk = Talk(process.stdout.fileno(), process.stdin.fileno())
    talk.expect("ready")
    for number in numbers:
        process.send_signal(number)
        talk.expect("^(ready|[ 0-9\n])*got %d process\n$" % number)
    talk.say("end\n")
    process.wait()
    assert os.read(talk.reader, 100) == b""
    return process.returncode != 5


def same_end():
    """A signal sent to forkcheck ends it as it ends the program."""
    for number in 1, 2, 3, 10, 12, 14, 15, 34:
        process = subprocess.Popen([tool, "listens"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        Talk(process.stdout.fileno(), -1).expect("ready")
        process.send_signal(number)
        assert process.wait() == -number, (number, process.returncode)


sys.exit(globals()[sys.argv[1]]() or print("ok"))

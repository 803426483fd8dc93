# cure-perl.pl WHAT [cured]: a Perl program with threads that forks. WHAT: "lock", another thread
# is in and out of a lock of the interpreter's; "lost", the child waits for a variable that
# another thread has locked. cured: the fork comes before the threads.
use strict;
use warnings;
use threads;
use threads::shared;
use POSIX ();
use Time::HiRes 'sleep';

my ($what, $cured) = @ARGV;
my $state : shared = 0;
my $taken : shared = 0;

sub format_time { return POSIX::strftime('%F', localtime); }

sub hammer {
    format_time() while 1;
}

sub hold {
    lock($state);
    { lock($taken); $taken = 1; cond_signal($taken); }
    sleep 60;
}

sub start {
    threads->create($what eq 'lock' ? \&hammer : \&hold)->detach;
    return if $what eq 'lock';
    lock($taken);
    cond_wait($taken) until $taken;
}

sub work {
    if ($what eq 'lock') { format_time(); }
    else                 { lock($state); $state++; }
    POSIX::_exit(0);
}

# A child that hangs is ended.
sub reap {
    my ($child, $ended) = (shift, 0);
    for (1 .. 8000) {
        $ended = waitpid($child, POSIX::WNOHANG());
        last if $ended;
        sleep 0.001;
    }
    if (!$ended) {
        kill('KILL', $child);
        waitpid($child, 0);
    }
    return $?;
}

start() unless $cured;
for (1 .. ($what eq 'lock' && !$cured ? 5000 : 1)) {
    my $child = fork;

    work() if $child == 0;
    start() if $cured;
    last if reap($child) != 0;
}
POSIX::_exit($? ? 1 : 0);

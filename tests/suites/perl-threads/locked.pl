# A shared variable of Perl: a thread of the parent has it locked at the fork, the
# child asks for it. With the argument "safe" the thread has ended before.
use strict;
use warnings;
use threads;
use threads::shared;
use POSIX ();
use Time::HiRes 'sleep';

my $hung  = 42;
my $state : shared = 0;
my $stage : shared = 'starting';

sub enter { lock($stage); $stage = shift; cond_broadcast($stage); }
sub await { lock($stage); cond_wait($stage) until $stage eq $_[0]; }

sub hold {
    lock($state);
    enter('held');
    await('finishing');
}

sub reap {
    my $child = shift;
    for (1 .. 500) {
        if (waitpid($child, POSIX::WNOHANG()) == $child) {
            return $? & 127 ? 128 + ($? & 127) : $? >> 8;
        }
        sleep(0.01);
    }
    kill('KILL', $child);
    waitpid($child, 0);
    return $hung;
}

my $is_safe = @ARGV && $ARGV[0] eq 'safe';
my $holder  = threads->create(\&hold);

sub finish { enter('finishing'); $holder->join; }

await('held');
finish() if $is_safe;
my $child = fork;
if ($child == 0) {
    { lock($state); $state++; }
    POSIX::_exit(0);
}
my $status = reap($child);
finish() unless $is_safe;
POSIX::_exit($status);

#!/usr/bin/perl
# One part of Perl's own tests, with the installed Perl and its modules.
use strict;
use warnings;
use Cwd qw(getcwd);
use TAP::Parser;

my %parts = (
	threads   => ['dist/threads/t/*.t', 'dist/Thread-Queue/t/*.t', 'dist/Thread-Semaphore/t/*.t'],
	shared    => ['dist/threads-shared/t/*.t'],
	ithreads  => ['t/op/{threads,threads-dirh,lock,substr_thr,index_thr}.t',
		't/re/{pat_thr,reg_email_thr,user_prop_race_thr}.t'],
	processes => ['t/op/{fork,exec,waitpid,getpid,getppid,die_exit,time,magic,stat}.t',
		't/io/{pipe,dup,closepid,openpid,argv,socket,socketpair,shm,sem,semctl,msg}.t',
		'ext/IPC-Open3/t/*.t', 'ext/POSIX/t/waitpid.t'],
	signals   => ['t/op/{kill0,sigdispatch,alarm,sigsystem,sleep,sselect}.t', 't/io/errnosig.t',
		'ext/POSIX/t/sig*.t'],
);

sub run_test {
	my ($file, $out) = @_;
	my ($folder, $test) = $file =~ m{^(t|.*(?=/t/))/(.*)};
	my $top = getcwd;
	chdir $folder or die "$folder: $!";
	my $parser = TAP::Parser->new({exec => [$^X, $test]});
	while (my $line = $parser->next) {
		next unless $line->is_test;
		my $result = $line->is_actual_ok ? 'ok' : 'not ok';
		$result .= ', ' . lc $line->directive if $line->has_todo || $line->has_skip;
		print $out "$file ", $line->number, "\t$result\n";
	}
	my ($plan, $status) = ($parser->plan // 'none', $parser->wait);
	print $out "$file\tplan $plan, status $status\n";
	chdir $top;
}

# The tests take this for the source they were built from, and its lib for the only modules.
$ENV{PERL_CORE} = 1;
$ENV{PERL5LIB} = getcwd . '/lib';
system('cp', '-r', glob("$ENV{BUILT}/perl/{t,dist,ext}"), '.') == 0 or die 'cp';
symlink "$ENV{BUILT}/lib", 'lib' or die "lib: $!";
symlink $^X, 't/perl' or die "t/perl: $!";
open my $out, '>', $ENV{RESULTS} or die "$ENV{RESULTS}: $!";
run_test($_, $out) for map { glob } @{$parts{$ARGV[0]}};

use strict;
use warnings;

my %expected;
for my $number (1 .. 100) {
    my $pid = fork() // die "fork: $!";
    exit($number) if $pid == 0;
    $expected{$pid} = $number;
}
while ((my $pid = wait()) > 0) {
    die "status of $pid" unless $? >> 8 == delete $expected{$pid};
}
die 'children are left' if %expected;

# Both forms of a child at the other end of a pipe.
my $pid = open(my $child, '-|') // die "open: $!";
if ($pid == 0) {
    print "line $_\n" for 1 .. 1000;
    exit 3;
}
my @lines = <$child>;
close($child);
print scalar(@lines), ' lines, status ', $? >> 8, "\n";

open(my $sorted, '|-', 'sort -n | tail -n 1') or die "open: $!";
print $sorted "$_\n" for reverse 1 .. 500;
close($sorted) or die 'sort';

local $SIG{CHLD} = sub { };
print 'backquotes: ', `echo hello`;
system('sh', '-c', 'exit 5');
print 'system: ', $? >> 8, "\n";

# A child's child, whose pipe says when it has ended.
pipe(my $reader, my $writer) or die "pipe: $!";
if (fork() == 0) {
    if (fork() == 0) {
        syswrite($writer, 'grandchild');
    }
    exit 0;
}
close($writer);
print <$reader>, "\n";

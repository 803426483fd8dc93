use strict;
use warnings;
use IO::Socket::UNIX;

my @connections = map {
    IO::Socket::UNIX->new(Type => SOCK_STREAM, Peer => $ARGV[0]) or die "connect: $!"
} 1 .. 8;

sub ask {
    my ($connection, $request, $end) = @_;
    print $connection $request;
    my $answer = '';
    while (my $line = <$connection>) {
        $answer .= $line;
        last if $line eq $end;
    }
    return $answer;
}

for my $number (0 .. 199) {
    my $request = "set key$number 0 0 5\r\n12345\r\n";
    ask($connections[$number % 8], $request, "STORED\r\n") eq "STORED\r\n" or die 'set';
}
my $answer = ask($connections[0], join(' ', 'get', map { "key$_" } 0 .. 49) . "\r\n", "END\r\n");
print scalar(() = $answer =~ /^12345/mg), " values\n";

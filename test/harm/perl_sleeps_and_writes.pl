#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# perl_sleeps_and_writes.pl -- perl's own calls to sleep, select and write, none of which it repeats.
#
# harm: signals
# level: P0
# naive: wall
use strict;
use warnings;
use POSIX ();

sub burn {
	my $until = times() + shift;
	1 while times() < $until;
}

sub sleep_in_select {
	my $early = 0;
	for (1 .. 12) {
		burn(0.01);
		my $result = select(undef, undef, undef, 0.02);
		$early++ if $result == -1;
	}
	print "select came back early: $early\n";
}

sub write_much {
	pipe(my $from, my $to) or die;
	my $child = fork();
	if (!$child) {
		close $to;
		my $part;
		select(undef, undef, undef, 0.001) while sysread($from, $part, 262144);
		POSIX::_exit(0);
	}
	close $from;
	burn(0.05);
	my $written = syswrite($to, 'x' x 4_000_000);
	close $to;
	waitpid($child, 0);
	print "written: $written, reader: $?\n";
}

sub be_alarmed {
	my $answer = eval {
		local $SIG{ALRM} = sub { die "alarmed\n" };
		alarm 1;
		sleep 30;
		1;
	};
	print $answer ? "not alarmed\n" : $@;
}

burn(0.2);
sleep_in_select();
write_much();
print "slept: ", (sleep(1) >= 1 ? "enough" : "too little"), "\n";
be_alarmed();
exit 4;

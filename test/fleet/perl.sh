#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# perl.sh -- perl calls the system without a C library's retries: it tells of each call that is cut short.
#
# fleet: syswrite, sysread, select, sleep, alarm, accept, flock, waitpid, all 64 signals, threads
# packages: perl
# names: object 50 perl
# shellcheck disable=SC2016 # for others to expand
# shellcheck source=prelude.inc
. "$FLEET/prelude.inc"

cat >program.pl <<'END'
use strict;
use warnings;
use threads;
use Digest::SHA qw(sha256_hex);
use Fcntl qw(:flock);
use IO::Socket;
use POSIX ();
use Time::HiRes qw(time clock);
$| = 1;

sub burn { my $end = clock() + $_[0]; my $h = ''; while (clock() < $end) { $h = sha256_hex($h) } }

burn(0.5);
{   # a slow reader: one write takes all, and nothing is written in part
    pipe(my $r, my $w);
    my $pid = fork() // die;
    if (!$pid) {
        close $w;
        my $got = 0;
        while (my $n = sysread $r, my $b, 65536) { $got += $n; select undef, undef, undef, 0.002 if rand() < 0.2 }
        print "reader $got\n";
        POSIX::_exit(0);
    }
    close $r;
    my @written = map { syswrite $w, 'x' x 4_000_000 } 1 .. 3;
    close $w;
    waitpid $pid, 0;
    print "written @written status $?\n";
}
{   # calls that wait do so to the end
    my ($early, $failed) = (0, 0);
    for (1 .. 40) {
        burn(0.012);
        my $t = Time::HiRes::clock_gettime(Time::HiRes::CLOCK_MONOTONIC());
        my $n = select undef, undef, undef, 0.02;
        $failed++ if $n != 0;
        $early++ if Time::HiRes::clock_gettime(Time::HiRes::CLOCK_MONOTONIC()) - $t < 0.02;
    }
    print "select: early $early failed $failed\n";
    burn(0.3);
    my $slept = sleep 1;
    print "sleep $slept\n";
}
{   # reads, accepts, locks and waits while this thread has a past of CPU time and others burn
    my @others = map { threads->create(sub { burn(0.4); $_[0] * 2 }, $_) } 1 .. 4;
    pipe(my $r, my $w);
    my $pid = fork() // die;
    if (!$pid) { for (1 .. 20) { syswrite $w, "0123456789"; select undef, undef, undef, 0.01 } POSIX::_exit(4) }
    close $w;
    my ($reads, $bad) = ('', 0);
    while (1) { my $n = sysread $r, my $b, 10; if (!defined $n) { $bad++; next } last if !$n; $reads .= $b }
    waitpid $pid, 0;
    print "read ", length $reads, " bad $bad status ", $? >> 8, "\n";
    my $server = IO::Socket::INET->new(Listen => 5, LocalAddr => '127.0.0.1') or die;
    my $port = $server->sockport;
    $pid = fork() // die;
    if (!$pid) { select undef, undef, undef, 0.3; my $s = IO::Socket::INET->new("127.0.0.1:$port"); print $s "hello\n"; POSIX::_exit(0) }
    my $peer = $server->accept;
    print "accept ", defined $peer ? scalar <$peer> : "failed $!\n";
    waitpid $pid, 0;
    open my $lock, '>', 'lock';
    flock $lock, LOCK_EX;
    $pid = fork() // die;
    if (!$pid) { close $lock; open my $l, '>', 'lock'; burn(0.2); my $ok = flock $l, LOCK_EX; print "flock ", $ok ? 1 : "failed $!", "\n"; POSIX::_exit(0) }
    select undef, undef, undef, 0.5;
    close $lock;
    my $w1 = waitpid $pid, 0;
    print "waited ", $w1 == $pid ? 1 : 0, " then ", wait(), "\n";
    print "threads ", join(' ', map { $_->join } @others), "\n";
    unlink 'lock';
}
{   # alarms arrive once each, in time, and are what interrupts
    my $alarms = 0;
    local $SIG{ALRM} = sub { $alarms++ };
    for (1 .. 30) { Time::HiRes::alarm(0.01); burn(0.02) }
    print "alarms $alarms\n";
    my $interrupted = 0;
    for (1 .. 10) {
        Time::HiRes::alarm(0.05);
        $interrupted++ if select(undef, undef, undef, 2) == -1 && $!{EINTR};
    }
    print "interrupted $interrupted\n";
    my $r = eval { local $SIG{ALRM} = sub { die "over\n" }; alarm 1; burn(10); 1 };
    print "limit $@";
    alarm 5;
    print "left ", alarm(0), "\n";
}
{   # what is set for each signal, seen by a child that was executed after some CPU time
    my @set = grep { defined $SIG{$_} && $SIG{$_} ne '' } sort keys %SIG;
    print "handlers @set\n";
    my $mask = POSIX::SigSet->new;
    POSIX::sigprocmask(POSIX::SIG_BLOCK(), POSIX::SigSet->new, $mask);
    print "blocked ", join(' ', grep { $mask->ismember($_) } 1 .. 64), "\n";
    print grep { /^Sig(Blk|Pnd)|^ShdPnd/ } do { open my $f, '<', '/proc/self/status'; <$f> };
    print grep { /^Sig(Blk|Ign)/ } `$^X -e 'open F, "/proc/self/status"; print <F>'`;
    my %count;
    for my $s (qw(HUP USR1 USR2 WINCH CHLD CONT URG IO PROF VTALRM)) {
        local $SIG{$s} = sub { $count{$s}++ };
        for (1 .. 5) { kill $s, $$; burn(0.005) }
    }
    print "own signals ", join(' ', map { "$_ $count{$_}" } sort keys %count), "\n";
}
{   # children
    my @status;
    for my $n (1 .. 100) {
        my $pid = fork() // die;
        if (!$pid) { burn(0.003); $n % 4 ? exit $n : exec '/bin/sh', '-c', "kill -9 \$\$" }
        waitpid $pid, 0;
        push @status, $?;
    }
    print "children @status ", wait(), "\n";
    print "backticks ", length(join '', map { `echo $_` } 1 .. 60), "\n";
    my $system = system '/bin/sh', '-c', 'exit 3';
    print "system $system\n";
    my @times = times;
    print "children used time ", $times[2] + $times[3] > 0 ? 1 : 0, "\n";
}
opendir my $d, '/proc/self/fd';
print "descriptors ", scalar(grep { /\d/ } readdir $d), "\n";
exit 6;
END
started=$(date +%s.%N)
got=0
"$under" perl program.pl 2>&1 || got=$?
echo "status $got"
rate "$(echo "1 / ($(date +%s.%N) - $started)" | bc -l)"
"$under" perl -e 'for (1 .. 20) { my $x = 0; $x += $_ for 1 .. 300000; $n = select undef, undef, undef, 0.03; print "$n " }'
"$under" perl -e 'my $x = 0; $x += $_ for 1 .. 9000000; alarm 1; sleep 5; print "never\n"' || echo "status $?"

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# no_files_of_the_name_service.sh -- no file of /etc is read, no library loaded late, no file
# opened to be written.
#
# harm: data
# level: P0
# needs: strace
# differs: /etc/(nsswitch|resolv).conf O_RDONLY -- the library's own resolver reads them
#
# strace is not profiled itself, and what the library is to open is left out by name.
preload=$LD_PRELOAD
unset LD_PRELOAD
strace -f -o trace -e trace=openat,open,creat,execve -E "LD_PRELOAD=$preload" \
	"$HARM_BIN/burns" 1.3
echo "status $?"
# The loader's own at the start end with libc, what it finds for the program.
sed -n 's/^[0-9]* *\(open[a-z]*\|creat\)([^"]*"\([^"]*\)", \([A-Z_|]*\).*/\2 \3/p' trace |
	grep -E '^/etc/|nss|resolv|locale|gconv|O_WRONLY|O_RDWR|O_CREAT|libgcc|libnss' |
	grep -v -E '/etc/(ld.so|debug)' | sort -u
rm trace

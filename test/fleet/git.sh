#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# git.sh -- a history is made, packed, cloned, rewritten, checked: the same objects to the last bit.
#
# fleet: 30 commits, merge, rebase, repack and gc with threads, clone over a pipe, fsck, bisect
# packages: git
# names: object 50 git
# shellcheck source=prelude.inc
. "$FLEET/prelude.inc"

export GIT_CONFIG_NOSYSTEM=1 HOME="$PWD"
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
export GIT_AUTHOR_DATE='2001-02-03T04:05:06Z' GIT_COMMITTER_DATE='2001-02-03T04:05:06Z'
run() { "$under" git -C repository "$@"; }

started=$(date +%s.%N)
"$under" git init -q -b main repository
n=0
while [ $n -lt 30 ]; do
	n=$((n + 1))
	for file in 1 2 3; do
		awk -v seed=$((n * file)) 'BEGIN { srand(seed); for (i = 0; i < 1500; i++) print "line", int(rand() * 900) }' \
			>repository/file$file
	done
	mkdir -p "repository/d$((n % 7))"
	echo "$n" >"repository/d$((n % 7))/n$n"
	run add .
	run commit -q -m "commit $n"
done
run rev-parse HEAD
run switch -q -c side HEAD~10
echo side >repository/side
run add side
run commit -q -m side
run merge -q -X ours -m merge main || echo "merge: status $?"
run rev-parse HEAD
run switch -q main
run rebase -q -X theirs side >/dev/null 2>&1 || echo "rebase: status $?"
run rev-parse HEAD
run log -p --minimal --stat | md5sum
run diff -M -C HEAD~5 | md5sum
run blame file1 | md5sum
run grep -c 'line 8..' | head -n 3
run log -S 'line 77' --oneline | wc -l
run -c pack.threads=2 repack -q -a -d -f --depth=50 --window=50
run fsck --full --strict
run gc -q --aggressive --prune=now
run count-objects -v | grep -E '^(count|in-pack|packs|prune-packable|garbage)'
"$under" git clone -q --no-local "file://$PWD/repository" clone
"$under" git -C clone fsck --full
"$under" git -C clone rev-list --all --objects | sort | md5sum
"$under" git clone -q --depth 3 "file://$PWD/repository" shallow
"$under" git -C shallow log --oneline
run archive --format=tar.gz HEAD | gzip -d | md5sum
run bundle create -q ../bundle --all
run bundle verify -q ../bundle
run fast-export --all | md5sum
run bisect start HEAD HEAD~12 >/dev/null 2>&1
run bisect run sh -c '[ ! -e d5/n26 ]' 2>&1 | grep -E 'is the first|commit [0-9]' || echo 'none found'
run bisect reset >/dev/null 2>&1
run submodule --quiet add "$PWD/clone" sub 2>&1 | sed 's/.*file/file/' || echo "submodule: status $?"
printf 'exit 1\n' >repository/.git/hooks/pre-commit
chmod +x repository/.git/hooks/pre-commit
run commit --allow-empty -q -m never 2>&1 || echo "hook: status $?"
run status --short | head
rate "$(echo "1 / ($(date +%s.%N) - $started)" | bc -l)"
rm -rf repository clone shallow bundle

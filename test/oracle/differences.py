# SPDX-License-Identifier: Apache-2.0
"""differences.py -- where conprofd is meant to answer otherwise than profefe, and why.

A rule is for the runs named in it; request, theirs and ours are regular expressions that have to be
found. The first that fits a difference explains it."""
import re
from typing import NamedTuple


class Rule(NamedTuple):
    runs: str
    aspect: str
    request: str
    theirs: str
    ours: str
    reason: str


EVERY = "today records 2019"

RULES = (
    # ---- the envelope
    Rule(EVERY, "Content-Type", "", r"text/plain|application/octet-stream", r"application/json",
         "profefe sets the header of JSON too late, or leaves the one of a binary answer"),
    Rule(EVERY, "Content-Disposition", "", r"^[45]\d\d attachment", r"none",
         "an error is no file"),
    Rule("today", "body", r"^GET /", "no envelope", "there is no such address",
         "other paths have the envelope too"),
    Rule("today", "envelope", r"^GET /api/0/", '"nothing found"', "nothing found: there is no such address",
         "the same, and which addresses there are"),
    Rule("today records", "body", r"id %zz$", "no envelope", r'"invalid URL escape"',
         "Go's HTTP server answers this before profefe does; here it is in the envelope"),
    Rule("today 2019", "envelope|body", r"GET /api/0/version|services, none", "go_version|no envelope",
         '"go_version": ""', "another program; and one form of the answer for both generations"),
    # ---- paths and methods
    Rule("today", "status", r"^GET /.*(//|/\./|/\.\./|0$)", "^301", "^40[04]",
         "paths are not redirected to what they may mean"),
    Rule("today", "status", r"^GET /api/0/(services|version)/$", "^404", "^200",
         "a slash at the end is no other path"),
    Rule("today", "status", r"^GET /api%2F0", "^200", "^404", "an escaped slash separates nothing"),
    Rule("today", "status", r"^GET /api/0/profilesx", "^500", "^404", "no such path, and no id"),
    Rule("today 2019", "status", r"^(old )?(PUT|DELETE|PATCH|OPTIONS|BREW|POST) ?", "^200",
         "^405 method not allowed", "profefe does not look at the method, or answers nothing at all"),
    Rule("2019", "Content-Type|Content-Disposition", r"^old HEAD", "none", "",
         "HEAD is what GET is, less the body"),
    Rule("today", "status", r"^HEAD", "^200", "^400", "HEAD is what GET is, less the body"),
    Rule("today", "status", r"^GET /debug/", "^200", "^404", "figures are at /metrics, here as everywhere"),
    # ---- sizes
    Rule("today", "Content-Disposition", r"^1000? ids", "^200", "^200",
         "a file's name has at most 255 bytes"),
    Rule("today", "status", r"(service|label) of \d+ bytes|300 labels", "^(200|404)",
         "^400 bad request.*(longer than|v{20}|k0=0)", "a text has limits, and they are told"),
    # ---- times
    Rule("today 2019", "status", "", r"^400.*(unsupported format|bad from|bad to)", "^(200|404)",
         "RFC 3339, epochs and now-1h are times too"),
    Rule("today", "envelope", r"to=0(001-.*)?$", "unsupported format", "is after", "an epoch is a time too, and so is any date"),
    Rule("today", "envelope", "from=|to=|created_at ", r'unsupported format \\"[^"]*\\""', "understood are ",
         "the same, and which times are understood"),
    Rule("today 2019", "status", r"T4(:|%3A)13", "^(200|404)", "^400.*unsupported format",
         "an hour has two digits"),
    Rule("today 2019", "status", r"from[= ]1969-12-31", "^404", "^200",
         "a time before 1970 is the first that there is"),
    Rule("today", "status|envelope", r"^created_at (1969-12-31|(2262|9999)-)", "", "unsupported format",
         "there is no such time in 64 bits of nanoseconds since 1970"),
    Rule("today", "status|envelope", r"^created_at (0|1970-01-01T00:00:00)$", "^200|unsupported format",
         "the epoch itself is no time", "the epoch itself is no time, as in a profile"),
    Rule("today records", "envelope", "from=", "CreatedAtMin after", "is after",
         "the same in words of the API"),
    # ---- labels and texts
    Rule("today records", "envelope", "", r'invalid URL escape \\"', r'invalid URL escape"',
         "the text is there already"),
    Rule("today", "envelope", r"^odd labels a=(1,a=2|2,a=1|1,a=1)$", "", "",
         "a key has one value, the last one"),
    Rule("today", "envelope|status", r"^list .odd labels a=[12],a=[12]$", "", "",
         "a key is asked for one value, the last one"),
    Rule("today", "envelope|status", r"labels a=%(25)?00|a%00b|services, all", r"\\u0000|^[24]0[04]", "",
         "there is no NUL in a text"),
    Rule("today", "envelope|status", r"labels a=%E2%80%A8", "", "",
         "blanks around a label are those of ASCII"),
    Rule("today", "envelope|status", r"labels=(a=1|b=2|a=1,b=2|b=2,a=1)&", "", "^200|q cpu 1",
         "profefe's join of indices misses some profiles with the label, all of them even"),
    Rule("records", "status", r"labels=(a=1,b=2|b=2,a=1)&", "^404", "^200",
         "profefe's join of indices misses some profiles with the label, all of them even"),
    Rule("today records", "profile", r"labels=(a=1|b=2)&", "", "",
         "profefe's join of indices misses some profiles with the label, all of them even"),
    # ---- parameters
    Rule("today records", "envelope", "SERVICE=q", r'missing \\"service', "did you mean", "what is nearly a parameter is told"),
    # ---- limits
    Rule("today", "envelope", r"limit", "strconv.Atoi", "invalid syntax", "no function of Go is named"),
    # ---- ids and merges
    Rule("today records", "status", r"id (0|abc)$", "^200", "^404",
         "profefe takes what is no id for some id"),
    Rule("today records", "status", r"id ", "^500 failed to get profile", "^(404|200)",
         "what is no id is nobody's id"),
    Rule("today records", "status", r"id |merge: ", "^500", "^422 cannot merge",
         "profiles of different kinds: what was asked is wrong, not the server, and it is said why"),
    Rule("today records", "addresses", "merge|limit", "", "",
         "profefe merges the newest first, we the oldest: the first one's addresses stay"),
    Rule("today records", "profile", r"merge: (another file|default type|drop frames|time 0|flags), by",
         "", "", "profefe merges the newest first, we the oldest: the first one's word counts"),
    Rule("today records", "profile", r"number label 0", "", "0 bytes",
         "google/pprof as it was in 2020 loses a number 0, today's keeps it"),
    Rule("records", "profile", r"only zeros: back", "", "",
         "a record has no samples of nothing but zeros, as a merge has none"),
    # ---- uploads
    Rule("today", "status", r"type wall", "^400", "^200", "wall and threads are types too"),
    Rule("today", "status", r"^legacy: ", "^200", "^400 malformed profile",
         "only pprof's protobuf is a profile; the text forms are from before 2016"),
    Rule("today", "status", r"^cut short by the client", "^500", "^0,",
         "nobody is there to be answered"),
    Rule("today", "envelope", r"body: |^upload|cut short|a form|Content-Encoding", "malformed profile",
         "malformed profile", "the text behind names what we found wrong"),
    Rule("today records", "envelope", r"the same twice", "same 0.*same 1", "same 1",
         "an upload that is repeated is stored once"),
    # ---- the API of 2019
    Rule("2019", "status", r"^old body: ", "^500 failed to create", "^400 malformed profile",
         "agents repeat what fails with 500, for ever"),
    Rule("2019", "status", r"^old body: ", "^200", "^400 malformed profile", "as the server of today"),
    Rule("2019", "status", r"type=(goroutine|trace|other)", "^400", "^(200|404|405)",
         "types that came later are taken here too"),
    Rule("2019", "status", r"^old merge", "^400 bad request: (unknown|bad) (profile )?type|unknown profile",
         "^405", "as the server of today"),
    Rule("2019", "envelope", r"^old", "bad request", "bad request", "the words of today's server"),
)


def rules_for(run):
    return [rule for rule in RULES if run in rule.runs.split()]


def rule_of(run, difference):
    for rule in rules_for(run):
        texts = zip((rule.aspect + "$", rule.request, rule.theirs, rule.ours),
                    (difference[1], difference[0], difference[2], difference[3]))
        if all(re.search(pattern, text) for pattern, text in texts):
            return rule
    return None

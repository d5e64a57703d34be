#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# collector_tenants.sh -- tokens for some profiles only: what they may send, and that they see nothing
# else, whatever they ask.
. test/e2e/prelude.inc
# shellcheck source=test/e2e/collector.inc
. test/e2e/collector.inc
for number in 1 2 3 4; do
	python3 test/e2e/load.py make "$dir/$number.pb.gz" $number
done

# token NAME SCOPES [CONSTRAINTS...]: adds a line, and a variable token_NAME for its headers.
token() {
	"$conprofd" token "$@" >>"$dir/tokens" 2>"$dir/token" || fail "no token $*"
	eval "token_$1='$1:$(sed 's/.*: //' "$dir/token")'"
}
token root admin
token all ingest,query
token pay_in ingest team=payments
token pay_out query team=payments
token shop_in ingest 'service=shop*'
token shop_out query 'service=shop*'
token both ingest,query service=cart team=payments
same "words that are no constraints" \
	"$("$conprofd" token x query team 2>/dev/null || "$conprofd" token x admin team=a 2>/dev/null || echo $?)" 2
begin data --tokens "$dir/tokens"
# shellcheck disable=SC2154 # token sets them
as() { # NAME PATH [CURL-OPTIONS...]
	eval "as_token=\$token_$1"
	shift
	get "$@" -u "$as_token"
}
send() { # NAME QUERY NUMBER
	as "$1" "/api/0/profiles?$2" --data-binary "@$dir/$3.pb.gz"
}

# ---- uploads ---------------------------------------------------------------------------------------

send pay_in 'service=shop&type=cpu' 1
answers 200 '"labels":[{"key":"team","value":"payments"}]'
mine=$(sed 's/.*"id":"\([^"]*\)".*/\1/' "$dir/answer")
send pay_in 'service=shop&type=cpu&labels=team%3Dpayments,host%3Da' 2
answers 200 '[{"key":"host","value":"a"},{"key":"team","value":"payments"}]'
send pay_in 'service=shop&type=cpu&labels=team%3Dsearch' 3
answers 403 '"error":"this token is for profiles with team=payments, this one has search"'
send shop_in 'service=other&type=cpu' 3
answers 403 '"error":"this token is for profiles with service=shop*, this one has other"'
send shop_in 'service=shop-eu&type=cpu&labels=secret%3Dx' 3
same "status of a service that fits" "$status" 200
theirs=$(sed 's/.*"id":"\([^"]*\)".*/\1/' "$dir/answer")
send all 'service=other&type=heap&labels=team%3Dsearch,secret%3Dy' 4
others=$(sed 's/.*"id":"\([^"]*\)".*/\1/' "$dir/answer")
as pay_in /profiling/v1/input -F application_name=form -F team=search -F "cpu=@$dir/1.pb.gz;filename=cpu"
answers 403 'team=payments, this one has search'
as pay_in /profiling/v1/input -F application_name=form -F "cpu=@$dir/1.pb.gz;filename=cpu"
same "status of a form without the label" "$status" 200
as shop_in '/ingest?name=pyro&format=pprof' --data-binary "@$dir/1.pb.gz"
answers 403 'service=shop*, this one has pyro'
as shop_in '/ingest?name=shop&format=pprof' --data-binary "@$dir/1.pb.gz"
same "status of Pyroscope's form" "$status" 200
send both 'service=cart&type=cpu' 1
same "status of what fits two constraints" "$status" 200
say "uploads are refused with a reason, or get the label"

# ---- queries ---------------------------------------------------------------------------------------

always='from=0&to=now'
ids() { grep -o '"id"' "$dir/answer" | wc -l; }
as pay_out "/api/0/profiles?service=shop&$always"
same "profiles of the payments team" "$(ids)" 2
as pay_out "/api/0/profiles?service=shop&$always&limit=5"
same "profiles of the payments team, with a limit" "$(ids)" 2
as shop_out "/api/0/profiles?service=shop&$always"
same "profiles of the service" "$(ids)" 3
as pay_out /api/0/services
same "services" "$(cat "$dir/answer")" '{"code":200,"body":["cart","form","shop"]}'
as shop_out /api/0/services
same "services" "$(cat "$dir/answer")" '{"code":200,"body":["shop","shop-eu"]}'
as pay_out /api/0/types
same "types" "$(grep -c heap "$dir/answer")" 0
as pay_out /api/0/labels
same "labels" "$(cat "$dir/answer")" '{"code":200,"body":["host","team"]}'
as pay_out /api/0/labels/team
same "values" "$(cat "$dir/answer")" '{"code":200,"body":["payments"]}'
as both "/api/0/series?$always&group_by=service"
same "groups" "$(grep -o '"group":"[^"]*"' "$dir/answer" | tr '\n' ' ')" '"group":"cart" '
hidden() { # PATH: nothing is there
	as pay_out "$1"
	same "the answer to $1" "$status $(cat "$dir/answer")" '404 {"code":404,"error":"nothing found"}'
}
hidden "/api/0/profiles?service=other&$always"
hidden "/api/0/profiles?service=other&$always&labels=team%3Dsearch"
hidden "/api/0/profiles?service=other&$always&selector=team%3Dsearch"
hidden "/api/0/profiles/merge?service=shop-eu&type=cpu&$always"
hidden "/api/0/profile?service=shop-eu&type=cpu&$always"
hidden "/api/0/labels/secret"
hidden "/api/0/types?service=other"
hidden "/api/0/series?$always&service=other"
hidden "/api/0/profiles/$theirs"
hidden "/api/0/profiles/$theirs+$others"
hidden /api/0/profiles/20200101-00000001
for format in flame top folded speedscope; do
	hidden "/api/0/profiles/merge?service=shop-eu&type=cpu&$always&format=$format"
	hidden "/api/0/profiles/$theirs?format=$format"
done
diff="/api/0/profiles/diff?service=shop&type=cpu&$always&base_from=0&base_to=now"
as pay_out "$diff"
same "status of a comparison of the team's own" "$status" 200
as pay_out "$diff&base_service=shop-eu"
same "the answer to a comparison with theirs" "$(cat "$dir/answer")" '{"code":404,"error":"base: nothing found"}'
as all "$diff&base_service=shop-eu"
same "status of a comparison for who may see both" "$status" 200
hidden "/api/0/profiles/diff?ids=$mine&base_ids=$theirs"
hidden "/api/0/profiles/diff?ids=$theirs&base_ids=$mine"
as pay_out "/api/0/profiles/$mine+$theirs+$others"
near "the total of a merge with what is not there" "$(python3 test/e2e/pprof.py total "$dir/answer")" \
	"$(python3 test/e2e/pprof.py total "$dir/1.pb.gz")" 0.001
as pay_out "/api/0/profiles/$mine"
cmp -s "$dir/answer" "$dir/1.pb.gz" || fail "the team's own profile is another one"
as all "/api/0/profiles/$theirs"
cmp -s "$dir/answer" "$dir/3.pb.gz" || fail "who may see all does not"
say "queries see the tenant's profiles and nothing else"

# ---- figures about everybody -----------------------------------------------------------------------

allowed() { # NAME PATH STATUS
	as "$1" "$2"
	same "status of $2 for $1" "$status" "$3"
}
allowed pay_out /metrics 403
allowed all /metrics 200
allowed root /metrics 200
allowed pay_out /api/0/status 403
allowed all /api/0/status 403
allowed root /api/0/status 200
python3 - "$dir/answer" <<'END' || fail "/api/0/status says '$(cat "$dir/answer")'"
import json, sys
body = json.load(open(sys.argv[1]))["body"]
days = body["days"]
assert sum(day["profiles"] for day in days) == body["store"]["profiles"] == 7, body
assert all(len(day["date"]) == 10 and day["segments"] and day["last_ns"] >= day["first_ns"] > 0 for day in days)
assert body["retention"]["keep_ms"] == 120 * 3600000 and body["counts"]["uploads_taken"] == 7
assert body["uptime_ms"] >= 0 and body["dropped"] == {"profiles": 0, "bytes": 0}
END
allowed root /api/0/services 200
send root 'service=other&type=cpu' 2
same "status of an upload by the administrator" "$status" 200

sed -i 's/team=payments$/team=search/' "$dir/tokens"
kill -HUP "$daemon"
until_true 5 grep -q 'tokens read again' "$log"
as pay_out /api/0/labels/team
answers 200 '["search"]'
end
begin data
get /api/0/status
same "status of /api/0/status without tokens" "$status" 200
end
say "figures about everybody are for those who may see everybody; constraints are read again"

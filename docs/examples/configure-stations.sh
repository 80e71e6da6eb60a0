#!/bin/sh
# Configure several stations alike: copy a TOML file to each, check it there, import it, restart.
#
#   configure-stations.sh [-n] SETTINGS.toml HOST...
#
#   -n   only check: tell for each station what would change, and change nothing
#
# HOST is whatever ssh understands ("admin@192.168.0.102", a name from ~/.ssh/config). The account there has to be
# root or in the group evlink. Start from docs/examples/station.toml, keeping only the lines that all stations share:
# leave out the station's name, its addresses and its charge box identity. A station that refuses a line is left as
# it was, and the next one is taken. Exit status: 0 all done, 1 some station was not configured, 2 wrong use.
set -eu

usage() {
    echo "usage: ${0##*/} [-n] SETTINGS.toml HOST..." >&2
    exit 2
}

only_check=no
while getopts n option; do
    case $option in
        n) only_check=yes ;;
        *) usage ;;
    esac
done
shift $((OPTIND - 1))
[ $# -ge 2 ] || usage

settings=$1
shift
if [ ! -r "$settings" ]; then
    echo "${0##*/}: $settings: no such file, or not readable" >&2
    exit 2
fi

# What runs on the station; the file arrives on standard input.
check='
    set -eu
    dir=$(mktemp -d)
    trap "rm -rf \"\$dir\"" EXIT
    cat >"$dir/station.toml"
    evlink import "$dir/station.toml" --dry-run
'
apply="$check"'
    evlink import "$dir/station.toml"
    evlink restart
'

if [ "$only_check" = yes ]; then remote=$check; else remote=$apply; fi

failed=
for host in "$@"; do
    echo "== $host"
    if ssh -o BatchMode=yes -o ConnectTimeout=10 -- "$host" "$remote" <"$settings"; then
        echo "== $host: done"
    else
        echo "== $host: NOT configured" >&2
        failed="$failed $host"
    fi
done

if [ -n "$failed" ]; then
    echo "not configured:$failed" >&2
    exit 1
fi

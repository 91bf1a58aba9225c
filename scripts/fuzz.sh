#!/usr/bin/env bash
# Runs every fuzz target of the module for a short while, one after the other, because the go
# command fuzzes one target at a time. Usage: scripts/fuzz.sh [DURATION]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
duration=${1:-20s}

go list -f '{{range .TestGoFiles}}{{$.Dir}}/{{.}}{{"\n"}}{{end}}{{range .XTestGoFiles}}{{$.Dir}}/{{.}}{{"\n"}}{{end}}' ./... |
	while read -r file; do
		[ -n "$file" ] || continue
		# A file without targets is not an error.
		targets=$(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$file")
		for target in $targets; do
			echo "== $target (${file#"$PWD"/})"
			go test -run='^$' -fuzz="^$target\$" -fuzztime="$duration" "$(dirname "$file")" </dev/null
		done
	done

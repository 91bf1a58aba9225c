#!/usr/bin/env bash
# Lints the Dockerfile. The linter ends well on warnings; here a warning is a failure.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

linter=tools/dockerfile-utils
# Installed once, and again when the pinned version moves.
if [ ! $linter/node_modules/.package-lock.json -nt $linter/package-lock.json ]; then
	npm ci --prefix $linter --no-audit --no-fund --silent --fetch-retries=5
fi
said=$($linter/node_modules/.bin/dockerfile-utils lint Dockerfile 2>&1) || true
if [ -n "$said" ]; then
	echo "$said" >&2
	exit 1
fi

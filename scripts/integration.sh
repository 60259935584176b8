#!/usr/bin/env bash
# `npm run test:integration`: gets the servers that can be had, and runs the suites that talk to one.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/servers.sh
npm run --silent build
mapfile -t suites < <(grep -rlE "/(servers|fakes/stripe-mock)" test --include='*.test.ts')
exec npx --no-install vitest run "${suites[@]}"

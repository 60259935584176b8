#!/usr/bin/env bash
# `npm run test:integration`: gets the servers that can be had, and runs the suites that talk to one. Those of
# the system's packages it takes as they are there: postgresql, mariadb-server, redis-server, rabbitmq-server,
# gnome-keyring with dbus (Debian's names); without one, its suites are skipped, and say so.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/servers.sh
npm run --silent build
mapfile -t suites < <(grep -rlE "/(servers|fakes/stripe-mock)" test --include='*.test.ts')
exec npx --no-install vitest run "${suites[@]}"

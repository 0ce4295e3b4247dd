#!/usr/bin/env bash
# What the pages and their tests take from the npm registry, pinned by web/package-lock.json.
set -u
if ! command -v npm >/dev/null 2>&1; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq npm >/dev/null
  else
    echo "The page tests take axe-core from the npm registry: install Node.js with npm (apt-get install npm)." >&2
    exit 1
  fi
fi
npm ci --prefix web --ignore-scripts --no-fund --no-audit --silent

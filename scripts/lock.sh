#!/usr/bin/env bash
# Writes requirements/*.txt from *.in: hashes yes, addresses of indexes no.
set -euo pipefail
uv=$1
for name in tools service dev; do
  "$uv" pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
    "requirements/$name.in" -o "requirements/$name.txt" --custom-compile-command "make lock"
done
for name in engine engine-dev; do
  "$uv" pip compile -q --python-version 3.10 --generate-hashes --no-emit-index-url \
    "requirements/$name.in" -o "requirements/$name.txt" --custom-compile-command "make lock"
done

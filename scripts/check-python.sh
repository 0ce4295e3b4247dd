#!/usr/bin/env bash
# Says in plain words what is missing before anything is built.
set -u
python=${1:-python3}
if ! command -v "$python" >/dev/null 2>&1 || ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
  echo "yizhan needs Python 3.11 or newer, but '$python' is $($python --version 2>&1 || echo missing)." >&2
  echo "On Debian or Ubuntu: apt-get install python3 python3-venv gcc make git, or name another with: make PYTHON=python3.12 …" >&2
  exit 1
fi
if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
  echo "Python's venv module is missing. On Debian or Ubuntu: apt-get install python3-venv" >&2
  exit 1
fi

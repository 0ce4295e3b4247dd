#!/usr/bin/env bash
# The engine's environment: Rasa 3.6.21 runs on Python 3.10 only. Finds one, or lets uv bring one.
set -euo pipefail
uv=$1
find_python() {
  # Version managers leave shims on the PATH that cannot start Python 3.10: ask each candidate itself.
  for candidate in "${PYTHON310:-}" python3.10 "$HOME"/.pyenv/versions/3.10*/bin/python3.10 /usr/bin/python3.10 /usr/local/bin/python3.10; do
    [ -n "$candidate" ] && command -v "$candidate" >/dev/null 2>&1 || continue
    "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 10))' >/dev/null 2>&1 || continue
    "$candidate" -c 'import sys; print(sys.executable)' && return 0
  done
  return 1
}
if [ ! -x .venv-engine/bin/python ]; then
  if python=$(find_python); then
    "$uv" venv -q --python "$python" .venv-engine
  elif ! "$uv" venv -q --python 3.10 --python-preference only-managed .venv-engine; then
    echo "Python 3.10 is needed for the engine; it was not found and could not be fetched." >&2
    echo "Install it (pyenv install 3.10, or your distribution's python3.10 with its venv package)" >&2
    echo "and run again, or name it: make PYTHON310=/path/to/python3.10 …" >&2
    exit 1
  fi
fi
"$uv" pip install -q --require-hashes --python .venv-engine/bin/python -r requirements/engine.txt

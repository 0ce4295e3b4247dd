#!/usr/bin/env bash
# The browser tests need Chromium and a Chinese font. As root on Debian they are installed; elsewhere this says what to do.
set -u
if command -v chromium >/dev/null 2>&1 && fc-list ':lang=zh' 2>/dev/null | grep -q .; then exit 0; fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "==> installing chromium and fonts-noto-cjk for the browser tests"
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-noto-cjk >/dev/null && exit 0
fi
echo "The browser tests need Chromium and a Chinese font: apt-get install chromium fonts-noto-cjk" >&2
[ -z "${CI:-}" ] || exit 1

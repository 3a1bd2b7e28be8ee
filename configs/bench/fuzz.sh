#!/bin/sh
# Fuzzes every target of the repository for FUZZTIME each, one after the other.
set -eu
go=${GO:-go}
time=${FUZZTIME:-30s}
for package in $($go list ./...); do
  for target in $($go test -list '^Fuzz' "$package" | grep '^Fuzz' || true); do
    echo "== $package $target"
    $go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" "$package"
  done
done

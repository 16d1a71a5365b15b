#!/usr/bin/env bash
# Checks everything: format, scripts, build, tests. This is what CI runs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=deploy/lib.sh
source deploy/lib.sh

if has apt-get; then
    install_packages "${build_packages[@]}" docker-registry skopeo shellcheck nginx-light curl gzip
else
    check_commands "docker-registry|registry" skopeo shellcheck nginx
fi
require_swift

say "format"
swift format lint --strict --recursive --parallel Sources Tests Package.swift

say "scripts"
shellcheck --external-sources deploy/*.sh .ci/run

say "build"
swift build --build-tests

# The generated cases of the first keep both cores busy, the second waits for real processes: one
# after the other, so that no deadline of the second passes only because of the first. A test that
# hangs must not hold CI for ever.
say "tests of the modules"
timeout --foreground 15m swift test --skip-build --skip EndToEndTests ||
    fail "the tests of the modules failed (status $?; 124 means that they took too long)"

say "tests from end to end"
timeout --foreground 20m swift test --skip-build --filter EndToEndTests ||
    fail "the tests from end to end failed (status $?; 124 means that they took too long)"

say "all checks passed"

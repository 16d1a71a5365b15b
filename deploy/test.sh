#!/usr/bin/env bash
# Checks everything: format, scripts, build, tests. This is what CI runs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=deploy/lib.sh
source deploy/lib.sh

if has apt-get; then
    install_packages "${build_packages[@]}" docker-registry skopeo shellcheck nginx-light
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

say "tests"
# A test that hangs must not hold CI for ever.
timeout --foreground 25m swift test --skip-build ||
    fail "the tests failed (status $?; 124 means that they took longer than 25 minutes)"

say "all checks passed"

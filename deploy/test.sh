#!/usr/bin/env bash
# Checks everything: format, scripts, build, tests. This is what CI runs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=deploy/lib.sh
source deploy/lib.sh

if has apt-get; then
    install_packages "${build_packages[@]}" docker-registry skopeo shellcheck nginx-light openssl \
        curl gzip python3 rsyslog docker.io podman prometheus busybox-static
else
    check_commands "docker-registry|registry" skopeo shellcheck nginx openssl python3 rsyslogd \
        dockerd podman promtool
fi
require_swift

say "format"
swift format lint --strict --recursive --parallel Sources Tests Package.swift

say "scripts"
shellcheck --external-sources deploy/*.sh .ci/run

say "build"
swift build --build-tests

# One kind after the other: the generated cases of the pure modules and the trees of a hundred
# thousand files keep all cores busy, and what waits for servers and processes would miss its
# deadlines meanwhile. A test that hangs must not hold CI for ever: each kind takes some minutes at
# most.
pure='RegistryModelTests|EventDecodingTests|RetentionPlanningTests'
tree='RegistryStorageTests'
servers='ListeningTests|PublishingTests|RegistryClientsTests'

run_tests() {
    local kind=$1
    shift
    say "tests $kind"
    timeout --foreground 20m swift test --skip-build "$@" ||
        fail "the tests $kind failed (status $?; 124 means that they took too long)"
}

run_tests "of the pure modules" --filter "$pure"
run_tests "of the storage's tree" --filter "$tree"
run_tests "of listeners and clients" --filter "$servers"
run_tests "of the other modules" --skip "$pure|$tree|$servers|EndToEndTests"
for suite in Cleaning Hearing LocalPrune Engines StorageImageTests; do
    run_tests "from end to end: $suite" --filter "EndToEndTests.$suite"
done

say "all checks passed"

# shellcheck shell=bash
# What deploy/run.sh and deploy/test.sh share. Sourced, not run.

# What the build needs: libcurl, SQLite, libxml2 (for Swift's own XML parser), zlib and zstd with
# their headers.
# shellcheck disable=SC2034 # for the scripts that source this
build_packages=(libcurl4-openssl-dev libsqlite3-dev libxml2-dev zlib1g-dev libzstd-dev)
build_headers=(curl/curl.h sqlite3.h libxml2/libxml/xmlversion.h zlib.h zstd.h)

say() { printf '\n==> %s\n' "$*"; }

fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif has sudo; then
        sudo "$@"
    else
        fail "'$*' needs root: run this as root, or install sudo"
    fi
}

# Swift comes from its own site, not from Debian, so it is asked for and not installed.
require_swift() {
    has swift || fail "swift is not on PATH; get Swift 6.2 or newer from https://www.swift.org/install/"
    say "$(swift --version 2>/dev/null | head -n 1)"
}

is_installed() {
    [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Installs those of the Debian packages $@ that are missing.
install_packages() {
    local package missing=()
    for package in "$@"; do
        is_installed "$package" || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    say "installing from Debian: ${missing[*]}"
    # In a subshell, so that its trap takes the policy away however the installation ends.
    (
        trap allow_service_starts EXIT
        forbid_service_starts
        # The lists may be fresh enough; they are fetched only when the first attempt fails.
        apt_install "${missing[@]}" || { as_root apt-get update && apt_install "${missing[@]}"; }
    ) || fail "could not install ${missing[*]}"
}

apt_install() {
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install --yes --no-install-recommends "$@"
}

# Debian starts a service when its package is installed, here docker-registry on port 5000 and
# nginx on port 80. Nobody asked for that, so invoke-rc.d is told not to, unless a policy of the
# machine's own is there.
policy=/usr/sbin/policy-rc.d
policy_is_ours=no

forbid_service_starts() {
    [ ! -e "$policy" ] || return 0
    policy_is_ours=yes
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod 755 "$policy"
}

allow_service_starts() {
    [ "$policy_is_ours" = no ] || as_root rm -f "$policy"
    policy_is_ours=no
}

# On a system without apt-get: names all of the commands $@ and headers that are missing.
# A command written a|b may be either.
check_commands() {
    local wanted name found missing=()
    for wanted in "$@"; do
        found=no
        for name in ${wanted//|/ }; do
            if has "$name"; then found=yes; fi
        done
        [ "$found" = yes ] || missing+=("${wanted//|/ or }")
    done
    for wanted in "${build_headers[@]}"; do
        has_header "$wanted" || missing+=("<$wanted>")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    fail "no apt-get here; install these yourself and run this again: ${missing[*]}
       (commands: Docker's registry 2.8 or newer, skopeo and so on; headers: libcurl, SQLite, libxml2, zlib, zstd)"
}

has_header() {
    local compiler
    compiler=$(command -v clang || command -v cc) || return 1
    printf '#include <%s>\n' "$1" | "$compiler" -E -x c - >/dev/null 2>&1
}

# Prints a port of 127.0.0.1 on which nothing listens.
free_port() {
    local port
    while :; do
        port=$((20000 + RANDOM % 12000))
        if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            printf '%s\n' "$port"
            return
        fi
    done
}

# Runs a command every quarter of a second until it succeeds, for $1 seconds at most.
wait_for() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$deadline" ] || return 1
        sleep 0.25
    done
}

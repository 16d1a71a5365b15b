#!/usr/bin/env bash
# Builds lastpull and shows it at work on a real registry, all on loopback and in a temporary
# folder; then keeps serving until Ctrl-C.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=deploy/lib.sh
source deploy/lib.sh

usage() {
    cat <<'TEXT'
usage: deploy/run.sh [--once | --no-demo]
  (nothing)   builds, runs the demonstration, then serves until Ctrl-C
  --once      ends after the demonstration: status 0, or 1 when nothing was freed
  --no-demo   only builds and serves, with deploy/lastpull.yaml
TEXT
}

once=no
demo=yes
for argument in "$@"; do
    case $argument in
    --once) once=yes ;;
    --no-demo) demo=no ;;
    -h | --help) usage && exit 0 ;;
    *) usage >&2 && exit 64 ;;
    esac
done

prepare() {
    local packages=("${build_packages[@]}") commands=()
    if [ "$demo" = yes ]; then
        packages+=(docker-registry skopeo curl jq)
        commands+=("docker-registry|registry" skopeo curl jq)
    fi
    if has apt-get; then
        install_packages "${packages[@]}"
    else
        check_commands "${commands[@]}"
    fi
    require_swift
    say "building (release)"
    swift build --configuration release --product lastpull
    binary=$(swift build --configuration release --show-bin-path)/lastpull
}

# Serves with deploy/lastpull.yaml. Where /var/lib/lastpull is not ours to write to, with a copy
# whose ledger is in the user's own state folder.
serve_only() {
    local settings=deploy/lastpull.yaml state
    if [ ! -w /var/lib/lastpull ]; then
        state=${XDG_STATE_HOME:-$HOME/.local/state}/lastpull
        mkdir -p "$state"
        {
            printf '# Written anew by deploy/run.sh at each start, from deploy/lastpull.yaml.\n'
            sed "s|^ledger: .*|ledger: $state/ledger.sqlite|" deploy/lastpull.yaml
        } >"$state/run.yaml"
        settings=$state/run.yaml
    fi
    say "serving with $settings"
    exec "$binary" serve --config "$settings"
}

prepare
if [ "$demo" = no ]; then serve_only; fi

# shellcheck source=deploy/demo.sh
source deploy/demo.sh
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

start_both
fill
if show_cleanup; then status=0; else status=1; fi
if [ "$once" = yes ]; then exit "$status"; fi

say "serving at $url (the registry is $host); Ctrl-C ends it and removes $work"
trap 'exit 0' INT TERM
wait -n "${processes[@]}" || true
fail "the registry or lastpull ended: $(tail -n 5 "$work/lastpull.log" "$work/registry.log")"

# shellcheck shell=bash
# The demonstration of deploy/run.sh. Sourced, not run; it needs deploy/lib.sh and `binary`, the
# built command.
binary=${binary:?}

# Everything that is written goes here.
work=$(mktemp -d "${TMPDIR:-/tmp}/lastpull-demo.XXXXXX")
# The ids of what was started.
processes=()
host=127.0.0.1:$(free_port)
url=http://127.0.0.1:$(free_port)

lastpull() { "$binary" "$@" --config "$work/lastpull.yaml"; }

# Shows a command, then runs it.
show() {
    printf '\n$ %s\n' "$*"
    "$@"
}

clean_up() {
    trap - EXIT INT TERM
    if [ ${#processes[@]} -gt 0 ]; then
        kill "${processes[@]}" 2>/dev/null || true
        wait "${processes[@]}" 2>/dev/null || true
    fi
    rm -rf "$work"
}

answers() { curl --silent --fail --output /dev/null "$1"; }

# Starts a registry that notifies lastpull, and lastpull with a policy and a threshold. The registry
# has the cache of distribution's own example, so it has to be made to forget what goes from its disk.
start_both() {
    local registry
    registry=$(command -v docker-registry || command -v registry)
    write_registry_configuration
    write_settings

    say "starting a registry at $host and lastpull at $url"
    "$registry" serve "$work/registry.yml" >"$work/registry.log" 2>&1 &
    processes+=($!)
    "$binary" serve --config "$work/lastpull.yaml" 2>"$work/lastpull.log" &
    processes+=($!)
    wait_for 30 answers "http://$host/v2/" ||
        fail "the registry did not start: $(tail -n 5 "$work/registry.log")"
    wait_for 30 answers "$url/readyz" ||
        fail "lastpull did not start: $(tail -n 5 "$work/lastpull.log")"
    sed 's/^/    /' "$work/lastpull.yaml"
}

write_registry_configuration() {
    cat >"$work/registry.yml" <<YAML
version: 0.1
log: { level: warn }
storage:
  filesystem: { rootdirectory: $work/registry }
  delete: { enabled: true }
  cache: { blobdescriptor: inmemory }
http: { addr: $host, secret: only-for-the-demonstration }
notifications:
  endpoints:
    - name: lastpull
      url: $url/hooks/local
      timeout: 5s
      threshold: 3
      backoff: 100ms
      ignore: { mediatypes: [application/octet-stream] }
YAML
}

# The demonstration has no weeks to wait for, so it vouches for two days of history, asks for a
# pull within the hour, and lets fresh pushes go. Nobody else pushes here, so nothing has to be left
# alone for being young, and a few seconds in quarantine will do; the standard is an hour for each.
write_settings() {
    cat >"$work/lastpull.yaml" <<YAML
listen: ${url#http://}
ledger: $work/ledger.sqlite
history: 7d
registries:
  - name: local
    kind: oci
    url: http://$host
    storage: $work/registry
    grace: 0s
    quarantine: 3s
    probe: 2s
    trustHistoryFrom: $(date --utc --date='2 days ago' +%Y-%m-%d)
policies:
  - name: unused
    registry: local
    repositories: ["demo/**"]
    count: [pull]
    keep: { accessed: { atLeast: 1, within: 1h }, pushed: { within: 0s }, tags: [latest] }
    mode: enforce
triggers:
  - name: full
    registry: local
    repositoryBytes: 12MB
    until: 10MB
    cooldown: 1s
    clean: [tags, untagged, storage]
YAML
}

# Pushes eight images, of which one has two tags, and pulls three of them.
fill() {
    local version
    say "pushing images: demo/app:v1 to v5 (v5 is also latest), demo/web:v1 to v3"
    make_layer 1000000
    base=$layer
    for version in 1 2 3 4 5; do
        make_layer 2000000
        push_image "demo/app:v$version" "$base" "$layer"
    done
    copy_tag demo/app:v5 demo/app:latest
    for version in 1 2 3; do
        make_layer 1500000
        push_image "demo/web:v$version" "$base" "$layer"
    done
    say "pulling demo/app:v1, demo/app:v4 and demo/web:v2"
    pull_image demo/app:v1
    pull_image demo/app:v4
    pull_image demo/web:v2
    wait_for 20 all_heard ||
        fail "lastpull did not hear the pulls: $(tail -n 5 "$work/lastpull.log")"
}

# Events come in the order of what happened, so the last pull stands for all before it.
all_heard() {
    lastpull explain demo/web:v2 --json 2>/dev/null | jq --exit-status '.accesses >= 1' >/dev/null
}

# Shows a cleanup by itself and one by hand; fails when one of them removed or freed nothing.
show_cleanup() { show_threshold && show_prune; }

# Crosses the threshold and shows what comes of it.
show_threshold() {
    local since before
    say "demo/app has 11 MB; the threshold is 12 MB. What would go now:"
    show lastpull plan || true
    before=$(tags demo/app)
    show_size
    since=$(date +%s)

    say "pushing demo/app:v6: 13 MB"
    make_layer 2000000
    push_image demo/app:v6 "$base" "$layer"
    if ! wait_for 30 has_pruned "$since" tag items; then
        complain "nothing was removed within 30 seconds"
        return 1
    fi
    say "tags are gone; now what they needed goes from the disk, by way of the quarantine"
    if ! wait_for 30 has_pruned "$since" blob reclaimed; then
        complain "no byte was freed within 30 seconds"
        return 1
    fi
    say "the runs, and the prune events with their bytes"
    show lastpull runs
    show lastpull events --since "$since" --until "$(next_second)" --filter event=prune
    show_size
    say "why one was kept, and why another is gone"
    show lastpull explain demo/app:v1
    show lastpull explain demo/app:v2
    say "tags of demo/app before and after"
    printf '    %s\n    %s\n' "$before" "$(tags demo/app)"
    say "tags of demo/web, which is under its threshold: $(tags demo/web)"
    [ "$before v6" != "$(tags demo/app)" ]
}

# The same by hand: an image is deleted, and the disk is freed of what only that needed.
show_prune() {
    local since
    since=$(next_second)
    wait_for 2 is_past "$since"
    say "by hand: one image is deleted, and what no manifest needs any more is pruned"
    show lastpull delete demo/web:v3 && show lastpull prune --dry-run && show lastpull prune ||
        return 1
    say "three seconds later lastpull gives the bytes back"
    if ! wait_for 30 has_pruned "$since" blob reclaimed; then
        complain "no byte was freed within 30 seconds"
        return 1
    fi
    show lastpull events --since "$since" --until "$(next_second)" --filter event=prune
    show_size
    say "what stays is whole: pulling demo/web:v2"
    pull_image demo/web:v2
}

show_size() {
    say "the registry's folder: $(du --summarize --block-size=kB "$work/registry" | cut -f 1)"
}

complain() {
    tail -n 20 "$work/lastpull.log" >&2
    say "$1"
}

# Whether a prune event for things of type $2 has come since $1 whose attribute $3 is not 0: `items`
# for what was removed, `reclaimed` for what was really freed. It is written with its run's end.
has_pruned() {
    lastpull events --since "$1" --until "$(next_second)" --filter event=prune --json 2>/dev/null |
        jq --slurp --exit-status --arg type "$2" --arg number "$3" '
            flatten | any(.Type == $type and (.Actor.Attributes[$number] | tonumber) > 0)
        ' >/dev/null
}

is_past() { [ "$(date +%s)" -ge "$1" ]; }

# The end of a span that holds what happened up to now.
next_second() { printf '%d\n' $(($(date +%s) + 1)); }

tags() {
    curl --silent "http://$host/v2/$1/tags/list" | jq --raw-output '(.tags // []) | sort | join(" ")'
}

# Makes a compressed layer with $1 random bytes; its path is left in `layer`.
layers=0
make_layer() {
    local name
    layers=$((layers + 1))
    name=file$layers
    layer=$work/layer$layers.tar.gz
    head -c "$1" /dev/urandom >"$work/$name"
    tar --create --directory "$work" "$name" | gzip -1 >"$layer"
    rm "$work/$name"
}

# Pushes the layers $2… as image $1, REPOSITORY:TAG, by way of a folder in the OCI image layout.
push_image() {
    local image=$1 tag=${1##*:} folder=$work/image layer layers_json='' diff_ids='' config manifest
    shift
    rm -rf "$folder"
    mkdir -p "$folder/blobs/sha256"
    for layer in "$@"; do
        diff_ids+=${diff_ids:+,}\"sha256:$(gzip -dc "$layer" | sha256sum | cut -d ' ' -f 1)\"
        layers_json+=${layers_json:+,}$(put_blob application/vnd.oci.image.layer.v1.tar+gzip <"$layer")
    done
    config='{"architecture":"amd64","os":"linux","config":{},'
    config+='"rootfs":{"type":"layers","diff_ids":['$diff_ids']}}'
    config=$(put_blob application/vnd.oci.image.config.v1+json <<<"$config")
    manifest='{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",'
    manifest+='"config":'$config',"layers":['$layers_json']}'
    manifest=$(put_blob application/vnd.oci.image.manifest.v1+json <<<"$manifest")
    printf '{"imageLayoutVersion":"1.0.0"}' >"$folder/oci-layout"
    printf '{"schemaVersion":2,"manifests":[%s]}' \
        "${manifest%\}},\"annotations\":{\"org.opencontainers.image.ref.name\":\"$tag\"}}" \
        >"$folder/index.json"
    skopeo_copy --preserve-digests "oci:$folder:$tag" "docker://$host/$image"
}

# Adds what comes on standard input to the layout in `folder`, as media type $1; prints its
# descriptor.
put_blob() {
    local digest
    cat >"$work/blob"
    digest=$(sha256sum "$work/blob" | cut -d ' ' -f 1)
    printf '{"mediaType":"%s","digest":"sha256:%s","size":%d}' \
        "$1" "$digest" "$(stat --format=%s "$work/blob")"
    mv "$work/blob" "$folder/blobs/sha256/$digest"
}

copy_tag() { skopeo_copy --preserve-digests "docker://$host/$1" "docker://$host/$2"; }

pull_image() {
    rm -rf "$work/pulled"
    skopeo_copy "docker://$host/$1" "dir:$work/pulled"
}

skopeo_copy() {
    skopeo --insecure-policy copy --quiet --src-tls-verify=false --dest-tls-verify=false "$@"
}

# shellcheck shell=bash disable=SC2034,SC2154 # sourced by run, whose variables these are
supports=(implicit)
reuse_by_default=optional

prepare() {
    local node scheme=ftp
    node=$(command -v node) || die "ftp-srv needs node"
    [[ $implicit == no ]] || scheme=ftps
    command=("$node" "$here/ftp-srv/server.js" "$packages" "$address" "$port" "$kHome" "$state/cert.pem"
        "$state/key.pem" "${tls:+TLSv$tls}" "$kUid" "$scheme")
}

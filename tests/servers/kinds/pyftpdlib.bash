# shellcheck shell=bash disable=SC2034,SC2154 # sourced by run, whose variables these are
supports=(tickets address drop-box)
reuse_by_default=optional

prepare() {
    [[ $drop_box != sizes ]] || die "pyftpdlib has no --drop-box sizes"
    environment+=("PYTHONPATH=$packages/usr/lib/python3/dist-packages" PYTHONDONTWRITEBYTECODE=1)
    command=(/usr/bin/python3 -W ignore::DeprecationWarning "$here/kinds/pyftpdlib_server.py" "$address" "$port"
        "$kHome" "$state/cert.pem" "$state/key.pem" "$kUid" "$([[ -n $drop_box ]] && echo ewm || echo elradfmwMT)")
}

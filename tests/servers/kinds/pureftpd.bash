# shellcheck shell=bash disable=SC2034,SC2154 # sourced by run, whose variables these are
supports=(tickets address)
reuse_by_default=optional

prepare() {
    (umask 077 && echo "ftpt:$kHash:$kUid:$kUid::$kHome/./::::::::::::" >"$state/pureftpd.passwd")
    LD_LIBRARY_PATH=$libraries "$packages/usr/bin/pure-pw" mkdb "$state/pureftpd.pdb" -f "$state/pureftpd.passwd" ||
        die "pure-pw mkdb fails"
    command=("$packages/usr/sbin/pure-ftpd" -4 -H -A -E -j -u 1000 -c 50 -S "$address,$port"
        -p "$((port + 10)):$((port + 99))" -P "$address" -Y 2 -2 "$state/cert.pem,$state/key.pem"
        -l "puredb:$state/pureftpd.pdb" -g "$state/pureftpd.pid" -U 133:022)
}

# shellcheck shell=bash disable=SC2034,SC2154 # sourced by run, whose variables these are
supports=(address)
reuse_by_default=none

make_key() {
    [[ -f $state/$1 ]] || ssh-keygen -q -t ed25519 -N '' -f "$state/$1"
}

prepare() {
    make_key host-key
    make_key client-key
    mkdir -p "$state/etc/ssh"
    cp "$state/client-key.pub" "$state/etc/ssh/ftpt.keys"
    grep -q '^sshd:' "$state/etc/passwd" || echo 'sshd:x:2002:65534::/run/sshd:/usr/sbin/nologin' >>"$state/etc/passwd"
    cat >"$state/sshd_config" <<END
ListenAddress $address
Port $port
HostKey $state/host-key
PidFile none
AuthorizedKeysFile $kInside/ftpt.keys
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
UseDNS no
Subsystem sftp internal-sftp
ForceCommand internal-sftp
END
    # The account has to reach its keys, and sshd wants a folder that only its package would make. Both show only here.
    # shellcheck disable=SC2016
    command=(env "LD_LIBRARY_PATH=$(find "$packages" -name '*.so.*' -printf '%h\n' | sort -u | paste -sd:)"
        bash -c 'set -e; cp "$1/etc/ssh/ftpt.keys" "$2/"; mount -t tmpfs -o mode=755 ftpsfs-test /run; mkdir /run/sshd
            exec "$3" -D -e -f "$1/sshd_config"' _ "$state" "$kInside" "$packages/usr/sbin/sshd")
}

# shellcheck shell=bash disable=SC2034,SC2154 # sourced by run, whose variables these are
supports=(reuse implicit client-certificate address defaults session-cache drop-box)
reuse_by_default=required

prepare() {
    [[ $drop_box != sizes ]] || die "proftpd has no --drop-box sizes"
    local box=()
    [[ -z $drop_box ]] || box=('<Directory ~/in>' '<Limit ALL>' DenyAll '</Limit>' '<Limit CDUP CWD PWD XCUP XCWD>' AllowAll
        '</Limit>' '<Limit STOR STOU>' AllowAll '</Limit>' '</Directory>')
    local protocols=${tls:+TLSv$tls} options=() cache=() allowed=on
    [[ $reuse == required ]] || options+=(NoSessionReuseRequired)
    [[ $implicit == no ]] || options+=(UseImplicitSSL)
    [[ $defaults == no ]] || allowed=off
    [[ $session_cache == no ]] ||
        cache=('LoadModule mod_tls_shmcache.c' "TLSSessionCache shm:/file=$state/proftpd.shm")
    (umask 077 && echo "ftpt:$kHash:$kUid:$kUid::$kHome:/bin/sh" >"$state/proftpd.passwd")
    cat >"$state/proftpd.conf" <<END
ModulePath "$packages/usr/lib/proftpd"
LoadModule mod_tls.c
LoadModule mod_facl.c
${cache[0]:-}
ServerType standalone
ServerName "ftpsfs test"
DefaultAddress $address
SocketBindTight on
Port $port
PassivePorts $((port + 10)) $((port + 99))
UseIPv6 off
UseReverseDNS off
User ftpt
Group ftpt
PidFile "$state/proftpd.pid"
ScoreboardFile "$state/proftpd.scoreboard"
SystemLog "$state/proftpd.log"
TransferLog none
WtmpLog off
AuthOrder mod_auth_file.c
AuthUserFile "$state/proftpd.passwd"
RequireValidShell off
DefaultRoot ~
AllowOverwrite $allowed
AllowStoreRestart $allowed
<IfModule mod_delay.c>
DelayEngine off
</IfModule>
<IfModule mod_ctrls.c>
ControlsEngine off
</IfModule>
TLSEngine on
TLSLog "$state/proftpd-tls.log"
TLSRequired on
TLSProtocol ${protocols:-TLSv1.2 TLSv1.3}
TLSRSACertificateFile "$state/cert.pem"
TLSRSACertificateKeyFile "$state/key.pem"
TLSCACertificateFile "$state/client-cert.pem"
TLSVerifyClient $([[ $client_certificate == required ]] && echo on || echo off)
${cache[1]:-}
${options[*]:+TLSOptions ${options[*]}}
$(printf '%s\n' "${box[@]}")
END
    command=("$packages/usr/sbin/proftpd" -n -c "$state/proftpd.conf")
}

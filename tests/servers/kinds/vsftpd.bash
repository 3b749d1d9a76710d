# shellcheck shell=bash disable=SC2034,SC2154 # sourced by run, whose variables these are
supports=(reuse implicit tickets client-certificate address drop-box)
reuse_by_default=required

yes_if() {
    [[ $1 == "$2" ]] && echo YES || echo NO
}

prepare() {
    mkdir -p "$state/empty"
    chmod 755 "$state/empty"
    local -r ipv6=$([[ $address == *:* ]] && echo yes || echo no)
    cat >"$state/vsftpd.conf" <<END
listen=$(yes_if "$ipv6" no)
listen_ipv6=$(yes_if "$ipv6" yes)
$([[ $ipv6 == yes ]] && echo listen_address6 || echo listen_address)=$address
listen_port=$port
background=NO
anonymous_enable=NO
local_enable=YES
write_enable=YES
local_umask=022
pam_service_name=ftpsfs
check_shell=NO
secure_chroot_dir=$state/empty
chroot_local_user=YES
allow_writeable_chroot=YES
local_root=$kHome
max_per_ip=0
pasv_min_port=$((port + 10))
pasv_max_port=$((port + 99))
seccomp_sandbox=NO
ssl_enable=YES
ssl_tlsv1=YES
ssl_sslv2=NO
ssl_sslv3=NO
implicit_ssl=$(yes_if "$implicit" yes)
require_ssl_reuse=$(yes_if "$reuse" required)
rsa_cert_file=$state/cert.pem
rsa_private_key_file=$state/key.pem
require_cert=$(yes_if "$client_certificate" required)
validate_cert=$(yes_if "$client_certificate" required)
ca_certs_file=$state/client-cert.pem
xferlog_enable=YES
xferlog_std_format=NO
vsftpd_log_file=$state/vsftpd.log
log_ftp_protocol=YES
debug_ssl=YES
download_enable=$(yes_if "$drop_box" '')
dirlist_enable=$(yes_if "$drop_box" '')
cmds_denied=$([[ $drop_box != blind ]] || echo SIZE,MDTM,DELE,RNFR)
END
    : >>"$state/vsftpd.log"
    command=("$packages/usr/sbin/vsftpd" "$state/vsftpd.conf")
}

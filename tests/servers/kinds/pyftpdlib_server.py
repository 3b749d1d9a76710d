"""pyftpdlib, as `run` starts it: pyftpdlib_server.py HOST PORT ROOT CERTIFICATE KEY UID PERMISSIONS"""

import os
import sys

from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import TLS_FTPHandler
from pyftpdlib.servers import FTPServer

host, port, root, certificate, key, uid, permissions = sys.argv[1:]

authorizer = DummyAuthorizer()
authorizer.add_user("ftpt", "secret", root, perm=permissions)


class Handler(TLS_FTPHandler):
    certfile = certificate
    keyfile = key
    tls_control_required = True
    tls_data_required = True
    passive_ports = range(int(port) + 10, int(port) + 100)


Handler.authorizer = authorizer
Handler.get_ssl_context()  # reads the key, which the account may not
server = FTPServer((host, int(port)), Handler)
server.max_cons_per_ip = 0

os.umask(0o022)
os.setgroups([])
os.setgid(int(uid))
os.setuid(int(uid))
server.serve_forever()

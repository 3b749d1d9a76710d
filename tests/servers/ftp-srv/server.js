// ftp-srv, as `run` starts it: node server.js PACKAGES HOST PORT ROOT CERTIFICATE KEY TLS UID SCHEME
// PACKAGES is the folder that fetch-ftp-srv made; TLS one version such as TLSv1.3, or empty; SCHEME ftp or ftps.
'use strict';

const fs = require('fs');
const path = require('path');

const [packages, host, port, root, certificate, key, version, uid, scheme] = process.argv.slice(2);
const {FtpSrv} = require(path.join(packages, 'node_modules', 'ftp-srv'));

const tls = {cert: fs.readFileSync(certificate), key: fs.readFileSync(key)};
if (version) Object.assign(tls, {minVersion: version, maxVersion: version});

const first = Number(port) + 10;
const server = new FtpSrv({
  url: `${scheme}://${host}:${port}`, pasv_url: host, pasv_min: first, pasv_max: first + 89, anonymous: false, tls,
});
server.on('login', ({username, password}, accept, refuse) =>
  username === 'ftpt' && password === 'secret' ? accept({root}) : refuse(new Error('wrong user or password')));
server.on('client-error', () => {});
// A client that resets a data channel during its handshake would otherwise end the whole server.
process.on('uncaughtException', (error) => console.error(error.code || error));

process.umask(0o022);
process.setgroups([]);
process.setgid(Number(uid));
process.setuid(Number(uid));
server.listen();

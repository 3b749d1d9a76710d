// Preloaded into the servers: appends one line per finished TLS handshake to the file FTPSFS_HANDSHAKE_LOG, with the
// server's own answer to "was this a resumption?". Pure-FTPd and pyftpdlib never log it, ProFTPD only for the first data
// connection of a session when reuse is optional.
//
// No OpenSSL header on purpose: the functions used here are the stable C interface of libssl, and the shim has to
// build where only a compiler is installed.

#include <dlfcn.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

extern "C" {
struct ssl_st;
int SSL_accept(ssl_st* ssl);
int SSL_do_handshake(ssl_st* ssl);
int SSL_read(ssl_st* ssl, void* buffer, int size);
int SSL_write(ssl_st* ssl, const void* buffer, int size);
}

namespace {

// Python loads libssl for its module alone, where RTLD_NEXT does not look.
template <typename Function>
Function* next(const char* name) {
  if (void* symbol = dlsym(RTLD_NEXT, name)) return reinterpret_cast<Function*>(symbol);
  static void* const library = dlopen("libssl.so.3", RTLD_LAZY | RTLD_NOLOAD);
  return library == nullptr ? nullptr : reinterpret_cast<Function*>(dlsym(library, name));
}

// The servers change root and user after the control handshake, hence the descriptor that stays open. They also
// close all descriptors they do not know, at a time of their choosing, and the number may be a socket by then: hence
// the comparison with what was opened.
class LogFile {
 public:
  LogFile() { open(); }

  void append(const char* line, std::size_t size) {
    if (!is_ours()) open();
    if (is_ours() && write(fd_, line, size) < 0) return;
  }

 private:
  void open() {
    fd_ = -1;
    const char* path = std::getenv("FTPSFS_HANDSHAKE_LOG");
    if (path == nullptr) return;
    const int low = ::open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (low < 0) return;
    struct stat status{};
    fd_ = fcntl(low, F_DUPFD_CLOEXEC, 200);  // out of the way of servers that expect small numbers
    close(low);
    if (fstat(fd_, &status) != 0) return;
    device_ = status.st_dev;
    inode_ = status.st_ino;
  }

  bool is_ours() const {
    struct stat status{};
    return fd_ >= 0 && fstat(fd_, &status) == 0 && status.st_dev == device_ && status.st_ino == inode_;
  }

  int fd_ = -1;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

LogFile log_file;

// A connection to the port that FTPSFS_CONTROL_PORT names is a control connection.
bool is_control(const ssl_st* ssl) {
  auto* descriptor = next<int(const ssl_st*)>("SSL_get_fd");
  const char* port = std::getenv("FTPSFS_CONTROL_PORT");
  sockaddr_in6 local{};  // the port is at the same place for IPv4
  socklen_t size = sizeof local;
  if (descriptor == nullptr || port == nullptr) return false;
  if (getsockname(descriptor(ssl), reinterpret_cast<sockaddr*>(&local), &size) != 0) return false;
  return ntohs(local.sin6_port) == std::atoi(port);
}

void log_handshake(const ssl_st* ssl) {
  auto* reused = next<int(const ssl_st*)>("SSL_session_reused");
  auto* version = next<const char*(const ssl_st*)>("SSL_get_version");
  if (reused == nullptr || version == nullptr) return;
  char line[128];
  const int size = std::snprintf(line, sizeof line, "pid=%d channel=%s version=%s reused=%s\n",
                                 static_cast<int>(getpid()), is_control(ssl) ? "control" : "data",
                                 version(ssl), reused(ssl) != 0 ? "yes" : "no");
  if (size > 0) log_file.append(line, static_cast<std::size_t>(size));
}

// Whichever call it is that finishes the handshake: pyftpdlib's are sometimes finished by its first write. SSL_accept
// ends in SSL_do_handshake, and only the outer one counts.
template <typename... Arguments>
int watched(const char* function, ssl_st* ssl, Arguments... arguments) {
  static thread_local int depth = 0;
  auto* real = next<int(ssl_st*, Arguments...)>(function);
  auto* in_handshake = next<int(const ssl_st*)>("SSL_in_init");
  if (real == nullptr || in_handshake == nullptr) return -1;
  const bool before = in_handshake(ssl) != 0;
  ++depth;
  const int result = real(ssl, arguments...);
  if (--depth == 0 && before && in_handshake(ssl) == 0) log_handshake(ssl);
  return result;
}

}  // namespace

extern "C" {
int SSL_accept(ssl_st* ssl) { return watched("SSL_accept", ssl); }
int SSL_do_handshake(ssl_st* ssl) { return watched("SSL_do_handshake", ssl); }
int SSL_read(ssl_st* ssl, void* buffer, int size) { return watched("SSL_read", ssl, buffer, size); }
int SSL_write(ssl_st* ssl, const void* buffer, int size) { return watched("SSL_write", ssl, buffer, size); }
}

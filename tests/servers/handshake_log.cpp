// Preloaded into the servers: appends one line per finished TLS handshake to the file FTPSFS_HANDSHAKE_LOG, with the
// server's own answer to "was this a resumption?". Pure-FTPd never logs it, ProFTPD only for the first data
// connection of a session when reuse is optional.
//
// No OpenSSL header on purpose: the functions used here are the stable C interface of libssl, and the shim has to
// build where only a compiler is installed.

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

extern "C" {
struct ssl_st;
int SSL_accept(ssl_st* ssl);
}

namespace {

template <typename Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
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

void log_handshake(ssl_st* ssl) {
  static pid_t session = 0;  // one process does all handshakes of a client, and the control one comes first
  const pid_t self = getpid();
  auto* reused = next<int(const ssl_st*)>("SSL_session_reused");
  auto* version = next<const char*(const ssl_st*)>("SSL_get_version");
  if (reused == nullptr || version == nullptr) return;
  char line[128];
  const int size =
      std::snprintf(line, sizeof line, "pid=%d channel=%s version=%s reused=%s\n", static_cast<int>(self),
                    session == self ? "data" : "control", version(ssl), reused(ssl) != 0 ? "yes" : "no");
  session = self;
  if (size > 0) log_file.append(line, static_cast<std::size_t>(size));
}

}  // namespace

extern "C" int SSL_accept(ssl_st* ssl) {
  static auto* real = next<int(ssl_st*)>("SSL_accept");
  const int result = real(ssl);
  if (result == 1) log_handshake(ssl);
  return result;
}

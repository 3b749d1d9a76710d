#pragma once

// The control socket of a mount: a Unix stream socket for its user and root. One connection is one command:
//   client  {"version":1,"command":"status"}
//   server  {"progress":{…}}                      any number of times
//   server  {"ok":true,"result":{…}}              or {"ok":false,"error":"a sentence","errc":"timed_out"}, and
//                                                 "server_reply" when the FTP server has said something
// each a line of JSON (RFC 8259) in UTF-8.

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "ftpsfs/base/error.h"
#include "ftpsfs/base/op_context.h"

namespace ftpsfs::control {

// Tells the client how far its command is: a JSON value without line breaks. May block, for as long as a silent client
// may; one thread at a time, and only before the handler returns.
using Progress = std::function<void(std::string_view json)>;

// Carries out a command. Its result is a JSON value without line breaks. The context has no deadline; its stop fires
// when the client hangs up or the server ends. Several threads may call at a time.
using Handler = std::function<base::Result<std::string>(const base::OpContext&, const Progress&)>;

using Handlers = std::map<std::string, Handler, std::less<>>;

inline constexpr std::size_t kMostRequest = 4096;     // bytes of a request; what is longer is refused
inline constexpr std::size_t kMostAnswer = 16 << 20;  // bytes of a line of the server
inline constexpr unsigned kMostClients = 4;           // at a time; others wait for their turn

class Server {
 public:
  // Makes the socket, for its user only, and the folder that it is in (not the ones above), and serves. A socket that is
  // there already is replaced, also one that is served: the kernel gives a mount's device number, after which the socket
  // is named, to the next mount as soon as the old one is unmounted, which its process learns only a little later.
  // `silence` is how long a client may take for its request, and for each line of the answer. Errors: permission_denied
  // when the folder is somebody else's or others can use it, not_found when the folder above is missing, name_too_long,
  // local_io.
  static base::Result<std::unique_ptr<Server>> open(
      const std::filesystem::path& socket, Handlers handlers,
      std::chrono::milliseconds silence = std::chrono::seconds(10));

  // Stops commands that run, waits for their handlers, and removes the socket, unless another one has replaced it.
  ~Server();

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ftpsfs::control

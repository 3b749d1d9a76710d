#pragma once

#include <memory>
#include <string>

#include "ftpsfs/base/error.h"
#include "ftpsfs/net/byte_stream.h"
#include "ftpsfs/tls/context.h"
#include "ftpsfs/tls/handshake_info.h"
#include "ftpsfs/tls/session_keeper.h"

struct ssl_st;

namespace ftpsfs::tls {

// Whether a handshake offers an earlier session. `never` is for finding out what a server makes of that.
enum class Resume { offer, never };

// The client side of TLS over another stream. Not thread safe.
//
// try_read and try_write may be used only after try_handshake was `done`. The end of stream is reported both for a
// close_notify and for a bare end of the connection; `closed_by_peer` tells them apart.
class Stream final : public net::ByteStream {
 public:
  // The TLS of a control connection: what it learns goes into `keeper`, which must outlive the stream. `host` is the
  // name or address the user wrote: sent as SNI when it is a name, and verified (Policy::server_name goes before it).
  // Offers the newest session of an earlier control connection, which saves a round trip under TLS 1.2; when the
  // handshake fails, that session is not offered again.
  static base::Result<std::unique_ptr<Stream>> for_control(std::shared_ptr<Context> context,
                                                           std::unique_ptr<net::ByteStream> lower,
                                                           const std::string& host, SessionKeeper& keeper,
                                                           Resume resume = Resume::offer);

  // The TLS of one of its data channels: resumes a duplicate of `control`'s newest session and leads with its group.
  // A full handshake must show the control connection's certificate.
  static base::Result<std::unique_ptr<Stream>> for_data(std::shared_ptr<Context> context,
                                                        std::unique_ptr<net::ByteStream> lower,
                                                        const std::string& host, const SessionKeeper& control,
                                                        Resume resume = Resume::offer);
  ~Stream() override;

  // Advances the handshake; call until `done`. tls_untrusted says why, names the fingerprint and the option that
  // would trust it; tls_refused when there is nothing in common or the peer does not speak TLS.
  base::Result<net::IoStep> try_handshake();

  base::Result<net::IoStep> try_read(std::span<std::byte> out) override;
  base::Result<net::IoStep> try_write(std::span<const std::byte> data) override;
  base::Result<net::IoStep> try_finish_writing() override;

  // The first half of `try_finish_writing`: tells the peer that nothing more will come, and leaves TCP open both ways.
  base::Result<net::IoStep> try_close_notify();
  void reset() override;
  int descriptor() const override;

  bool resumed() const;             // after the handshake
  bool closed_by_peer() const;      // a close_notify came: the stream ended where the peer meant it to
  HandshakeInfo info() const;       // after the handshake
  std::string description() const;  // "TLSv1.3 TLS_AES_256_GCM_SHA384, resumed"

  class Impl;  // private to src/tls

 private:
  explicit Stream(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ftpsfs::tls

#pragma once

#include <memory>
#include <string>

#include "ftpsfs/base/error.h"
#include "ftpsfs/ftp/reply.h"
#include "ftpsfs/net/byte_stream.h"

namespace ftpsfs::ftp {

// Stands below the TLS of a control connection and looks at the first bytes the server sends: TLS records begin with 20
// to 23, replies with a digit. A reply is what a server sends that turns us away before TLS begins (vsftpd's 421 on an
// implicit port), or that speaks clear text first; as an error in its own words it says more than "not TLS".
class ClearTextGuard final : public net::ByteStream {
 public:
  enum class Tls { implicit_tls, explicit_tls };

  ClearTextGuard(std::unique_ptr<net::ByteStream> lower, std::string host, Tls tls)
      : lower_(std::move(lower)), host_(std::move(host)), tls_(tls) {}

  // Until TLS is seen, also: too_many_sessions, unreachable, tls_refused, protocol_error, by the reply.
  base::Result<net::IoStep> try_read(std::span<std::byte> out) override;
  base::Result<net::IoStep> try_write(std::span<const std::byte> data) override;
  base::Result<net::IoStep> try_finish_writing() override { return lower_->try_finish_writing(); }
  void reset() override { lower_->reset(); }
  int descriptor() const override { return lower_->descriptor(); }

 private:
  base::Result<net::IoStep> collect_reply(std::string_view text);
  std::unexpected<base::Error> refuse(const Reply& reply) const;

  std::unique_ptr<net::ByteStream> lower_;
  std::string host_;
  Tls tls_;
  enum class Seen { nothing, tls, text } seen_ = Seen::nothing;
  ReplyParser text_;
};

}  // namespace ftpsfs::ftp

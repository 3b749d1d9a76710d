#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>

#include "checks.h"
#include "ftpsfs/tls/pin.h"
#include "words.h"

namespace ftpsfs::probe {
namespace {

using std::chrono::days;

constexpr days kSoon{30};

Notes notes_of(Lab& lab) { return {lab.report(), "tls", "TLS"}; }

void describe_certificates(Notes& notes, const std::vector<tls::CertificateInfo>& chain) {
  const tls::CertificateInfo& own = chain.front();
  std::string text = fmt::format("{}, {}", shown(own.subject), shown(own.key));
  text += own.self_signed ? ", self-signed" : fmt::format(", issued by {}", shown(own.issuer));
  if (!own.names.empty()) text += "\nfor " + shown(fmt::format("{}", fmt::join(own.names, ", ")), 600);
  for (std::size_t i = 1; i < chain.size(); ++i) {
    text += fmt::format("\nchain: {}, issued by {}", shown(chain[i].subject), shown(chain[i].issuer));
  }
  notes.add("certificate", "certificate", Mark::ok, text, shown(own.subject));
}

void describe_expiry(Notes& notes, const tls::CertificateInfo& own) {
  const auto now = std::chrono::system_clock::now();
  const auto left = std::chrono::floor<days>(own.not_after - now);
  const auto date = date_of(own.not_after);
  const std::int64_t value = left.count();
  if (own.not_before > now) {
    notes.add("certificate_expiry", "valid", Mark::failure,
              fmt::format("not before {}: is one of the two clocks wrong?", date_of(own.not_before)), value);
  } else if (left.count() < 0) {
    notes.add("certificate_expiry", "valid", Mark::failure,
              fmt::format("until {}: expired {} days ago", date, -left.count()), value);
  } else {
    notes.add("certificate_expiry", "valid", left < kSoon ? Mark::warning : Mark::ok,
              fmt::format("until {}, expires in {} days", date, left.count()), value);
  }
}

void describe_fingerprints(Notes& notes, const tls::CertificateInfo& own) {
  notes.add("fingerprint", "fingerprint", Mark::ok, tls::to_string(own.fingerprint),
            tls::to_string(own.fingerprint));
  const auto key = tls::to_string(tls::Pin{tls::Pin::Of::public_key, own.public_key});
  notes.add("public_key", "public key", Mark::ok, key, key);
}

}  // namespace

void describe_tls(Lab& lab, const tls::HandshakeInfo& info) {
  auto notes = notes_of(lab);
  std::string text = fmt::format("{}, {}", shown(info.version), shown(info.cipher));
  if (!info.group.empty()) text += ", " + shown(info.group);
  if (!info.alpn.empty()) text += ", ALPN " + shown(info.alpn);
  notes.add("tls_version", "version", Mark::ok, text, shown(info.version));
  if (!info.chain.empty()) {
    describe_certificates(notes, info.chain);
    describe_expiry(notes, info.chain.front());
    describe_fingerprints(notes, info.chain.front());
  }
  if (info.client_certificate_asked) {
    notes.add("client_certificate", "client certificate", Mark::note,
              "the server asks for one; whether it insists shows at the login", true);
  }
  const auto verdict = info.objection ? shown(*info.objection) : std::string("chain and name are in order");
  const bool matters = info.objection && lab.tls()->policy().pins.empty();
  notes.add("verification", "verification",
            matters          ? Mark::warning
            : info.objection ? Mark::note
                             : Mark::ok,
            verdict, !info.objection);
}

}  // namespace ftpsfs::probe

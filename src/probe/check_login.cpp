#include <fmt/format.h>

#include "checks.h"
#include "words.h"

namespace ftpsfs::probe {
namespace {

using base::Errc;
using base::Error;

void report_untrusted(Lab& lab, const Error& error) {
  const bool pinned = !lab.tls()->policy().pins.empty();
  Notes(lab.report(), "tls", "TLS")
      .add(
          "trust", "trust", Mark::failure,
          pinned ? because(error) : "the certificate is not trusted; neither user name nor password was sent",
          false);
  const Finding* const fingerprint = lab.report().find("fingerprint");
  if (fingerprint != nullptr && !pinned) {
    lab.suggest({"tls_pin", fingerprint->text,
                 "Trusts this very certificate. Add it only when the server's operator confirms that the "
                 "fingerprint is theirs. With a certificate authority of your own use ca_file=FILE instead.",
                 true});
  }
  const Finding* const objection = lab.report().find("verification");
  lab.obstruct(fmt::format("the certificate is not trusted ({})",
                           pinned || objection == nullptr ? "it is not the pinned one" : objection->text));
}

void report_trusted(Lab& lab) {
  if (!lab.wants_tls()) return;
  Notes notes(lab.report(), "tls", "TLS");
  const auto& policy = lab.tls()->policy();
  if (!policy.pins.empty()) {
    notes.add("trust", "trust", Mark::ok, "the certificate, or its key, is the pinned one", true);
  } else if (!policy.verify) {
    notes.add("trust", "trust", Mark::warning,
              "not checked: with tls_verify=no anybody between you and the server can read everything; use "
              "tls_pin=",
              false);
  } else {
    notes.add("trust", "trust", Mark::ok, "the certificate is trusted", true);
  }
}

}  // namespace

bool check_login(Lab& lab) {
  const Stopwatch watch;
  auto control = lab.control();
  if (!control && control.error().code == Errc::tls_untrusted) {
    report_untrusted(lab, control.error());
    return false;
  }
  const bool before_login = !control && control.error().code == Errc::tls_refused;
  if (!before_login) report_trusted(lab);
  Notes notes(lab.report(), "server", "Server");
  if (!control) {
    notes.add("login", "login", Mark::failure, because(control.error()), false);
    lab.obstruct(because(control.error()));
    return false;
  }
  notes
      .add("login", "login", Mark::ok,
           fmt::format("as {}{}", shown(lab.settings().login.user, 64),
                       !lab.wants_tls()       ? ", in clear text"
                       : lab.wants_data_tls() ? ", data channels protected (PROT P)"
                                              : ", data channels in clear text (PROT C)"),
           true)
      .took = watch.read();
  return true;
}

}  // namespace ftpsfs::probe

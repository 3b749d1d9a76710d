#include "checks.h"
#include "ftpsfs/probe/probe.h"

namespace ftpsfs::probe {

Report run(const ProbeSettings& settings, net::Dialer& dialer, const base::OpContext& ctx) {
  Lab lab(settings, dialer, ctx);
  if (check_connection(lab) && check_login(lab)) {
    check_server(lab);
    check_passive_ports(lab);
    if (!lab.report().obstacle) {
      check_data_tls(lab);
      check_handshake_order(lab);
      if (check_data_channel(lab)) {
        check_listing(lab);
        check_transfer(lab);
        if (settings.write) check_write(lab);
      }
    }
    check_space(lab);
    check_session_limit(lab);
  }
  if (const auto whole = ctx.check("probing the server"); !whole) {
    lab.report().obstruct("the probe did not come to its end: " + whole.error().message);
  }
  lab.leave();
  return lab.take_report();
}

}  // namespace ftpsfs::probe

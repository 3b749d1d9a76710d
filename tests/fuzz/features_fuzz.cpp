// The answer to FEAT.

#include "ftpsfs/ftp/capabilities.h"
#include "fuzz_target.h"

using namespace ftpsfs;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ftp::ReplyParser parser;
  parser.feed(fuzz::text_of(data, size));
  const auto reply = parser.next();
  if (!reply || !*reply) return 0;
  const auto known = ftp::Capabilities::from_feat(**reply);
  if ((*reply)->refused()) fuzz::require(known == ftp::Capabilities(), "a refused FEAT tells nothing");
  return 0;
}

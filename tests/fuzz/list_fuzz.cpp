// LIST in any dialect.

#include "listing_check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return ftpsfs::fuzz::check_listing(ftpsfs::ftp::ListingFormat::list, data, size);
}

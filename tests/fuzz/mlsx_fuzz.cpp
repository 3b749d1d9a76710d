// MLSD listings, and the entry line of MLST.

#include "listing_check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ftpsfs::ftp::parse_mlsx_line(ftpsfs::fuzz::text_of(data, size));
  return ftpsfs::fuzz::check_listing(ftpsfs::ftp::ListingFormat::mlsd, data, size);
}

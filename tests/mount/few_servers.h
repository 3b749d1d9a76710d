#pragma once

#include "mount/matrix.h"

// For many small tests: servers whose ways differ most instead of all. vsftpd locks files and knows no MLSD, IIS does
// not replace by renaming, ProFTPD shows modes.
#define FTPSFS_ON_FEW_SERVERS(fixture)                                                              \
  INSTANTIATE_TEST_SUITE_P(                                                                         \
      Real, fixture,                                                                                \
      ::testing::Values(ServerChoice{true, "vsftpd", "1.3"}, ServerChoice{true, "proftpd", "1.3"}), \
      choice_name);                                                                                 \
  INSTANTIATE_TEST_SUITE_P(                                                                         \
      Own, fixture,                                                                                 \
      ::testing::Values(ServerChoice{false, "permissive", ""}, ServerChoice{false, "iis", ""}), choice_name)

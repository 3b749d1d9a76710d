#pragma once

// The only door to libfuse: every file that needs it includes this, so that all see one API version.

#define FUSE_USE_VERSION 314

#include <fuse_lowlevel.h>

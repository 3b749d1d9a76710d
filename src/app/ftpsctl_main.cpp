#include "ftpsfs/app/ftpsctl.h"

int main(int argc, char** argv) { return ftpsfs::app::run_ftpsctl(argc, argv); }

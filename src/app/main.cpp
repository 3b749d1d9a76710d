#include "ftpsfs/app/command_line.h"

int main(int argc, char** argv) { return ftpsfs::app::run_program(argc, argv); }

// SPDX-License-Identifier: LGPL-2.1-or-later
//
// make_filters: writes the source of filter_table.h to its standard output while the programs are built.
#include "base/sandbox/filter_rules.h"

#include <cstdio>

namespace {

using namespace jpki::sandbox;

// Whether each filter names the own process once, at a place that set_own_process() finds.
bool is_usable(Filter filter) {
  return set_own_process(filter, 1);
}

int run() {
  std::printf(
      "// Made by make_filters.\n#include \"base/sandbox/filter_table.h\"\n\n"
      "namespace jpki::sandbox {\n\nconst sock_filter kFilterTable[] = {\n");
  std::size_t begins[kFilterCount + 1] = {};
  for (std::size_t number = 0; number < kFilterCount; ++number) {
    const auto filter = compile_rules(filter_set(number), kOwnProcess);
    if (!filter || !is_usable(*filter)) {
      std::fprintf(stderr, "make_filters: filter %zu: %s\n", number,
                   filter ? "does not name the own process in one place" : filter.error().c_str());
      return 1;
    }
    for (const sock_filter& line : *filter)
      std::printf("{0x%x, %u, %u, 0x%x},\n", line.code, line.jt, line.jf, line.k);
    begins[number + 1] = begins[number] + filter->size();
  }
  std::printf("};\n\nconst std::uint16_t kFilterBegins[kFilterCount + 1] = {");
  for (const std::size_t begin : begins) std::printf("%zu,", begin);
  std::printf("};\n\n}  // namespace jpki::sandbox\n");
  return std::fflush(stdout) == 0 ? 0 : 1;
}

}  // namespace

int main() {
  return run();
}

// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpki-fuzz TARGET [LIBFUZZER-ARGUMENTS]: one of targets.h under libFuzzer.
//
// jpki-fuzz index-seed OUT CRL…: compiles CRLs into an index for the corpus of `index`
// (constant_checksum.cc).
#include "tests/fuzz/targets.h"
#include "validator/crl/crl_index_writer.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace {

using namespace jpki;

const fuzz::Target* target = nullptr;

int write_index_seed(const char* out, std::span<char*> crls) {
  auto writer = crl::CrlIndexWriter::create(out);
  if (!writer) return EXIT_FAILURE;
  for (const char* name : crls) {
    std::ifstream stream(name, std::ios::binary);
    const Blob der((std::istreambuf_iterator<char>(stream)), {});
    const auto decoded = crl::decode_crl(der);
    if (!decoded || !writer->add(*decoded, {}, {.name = "seed.crl", .size = der.size()})) return EXIT_FAILURE;
  }
  return writer->commit() ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  const std::span<char*> arguments(*argv, static_cast<std::size_t>(*argc));
  const std::string_view name = arguments.size() > 1 ? arguments[1] : "";
  if (name == "index-seed" && arguments.size() > 3)
    std::exit(write_index_seed(arguments[2], arguments.subspan(3)));
  target = fuzz::target_named(name);
  if (target == nullptr) {
    std::fputs("jpki-fuzz knows:", stderr);
    for (const fuzz::Target& known : fuzz::targets()) std::fprintf(stderr, " %s", known.name.data());
    std::fputs("\n", stderr);
    std::exit(2);
  }
  // The rest is libFuzzer's.
  arguments[1] = arguments[0];
  ++*argv;
  --*argc;
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  target->run(Bytes(data, size));
  return 0;
}

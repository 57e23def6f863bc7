// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The fuzz targets: functions that take any bytes at all. They crash, hang or leak for nobody: `./dev fuzz`
// asks libFuzzer with sanitizers, `make check` replays the corpora and every input that once found something.
#pragma once

#include "base/bytes.h"

#include <span>
#include <string_view>

namespace jpki::fuzz {

struct Target {
  std::string_view name;
  void (*run)(Bytes input);
};

std::span<const Target> targets();
const Target* target_named(std::string_view name);

void certificate(Bytes input);  // decode, every accessor, names, mapping strings
void crl(Bytes input);          // decode, distribution point, all entries, look-up, scope
void ocsp(Bytes input);         // decode, and the check for a certificate
void index(Bytes input);        // a compiled index, under a constant checksum
void frame(Bytes input);        // a message between PAM module and validator
void fetch(Bytes input);        // a call to jpki-fetch and its result
void http(Bytes input);         // what a server says to jpki-fetch, in pieces
void config(Bytes input);       // jpki.toml
void files(Bytes input);        // anchors, account map, holidays, certificate files, records of sessions
void time_zone(Bytes input);    // TZif
void snapshot(Bytes input);     // users.snap or restricted.snap, as libnss_ad reads them
void names(Bytes input);        // a GeneralName under nameConstraints, and the names in syntax of their own
void extensions(Bytes input);   // the contents of Extensions, each decoded
void card(Bytes input);         // what a card answers to jpki-pkcs11.so, one answer after another
void path(Bytes input);         // a bundle of certificates: the first is the target, the last the anchor

}  // namespace jpki::fuzz

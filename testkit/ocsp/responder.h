// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Responder: answers for every CA of a test PKI, as its delegate, truly or as it has been asked to. May be
// used from several threads.
#pragma once

#include "testkit/ocsp/faults.h"
#include "testkit/ocsp/pki_tree.h"

#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace jpki::testocsp {

struct Statistics {
  unsigned get = 0, post = 0;
  unsigned nonce = 0;             // requests with one
  unsigned sha1 = 0, sha256 = 0;  // by CertID form
};

class Responder {
 public:
  // The card "revoked" is revoked, everything else that a CA of the tree may have issued is good.
  explicit Responder(PkiTree pki);

  // What to send for these octets of an OCSPRequest.
  HttpAnswer answer(Bytes request, bool is_get, Time now);

  // Each answer takes the next recipe; the last one stays.
  void set_recipes(std::deque<Recipe> recipes);
  // `who`: a card, or a serial number in hexadecimal. False when it is neither.
  bool set_status(const std::string& who, std::optional<Blob> status);
  // What is said of `who` has the single extension `oid` with `value`, hexadecimal. False as above.
  bool carry(const std::string& who, const std::string& oid, const std::string& value);
  void reset();
  Statistics statistics() const;

 private:
  std::optional<Blob> serial_of(const std::string& who) const;
  Recipe next_recipe();
  void count(const OcspRequest& request, bool is_get);
  Draft truth(const Ca& ca, const OcspRequest& request, bool is_get, Time now) const;
  Blob body_of(const Draft& draft);

  const PkiTree pki_;
  mutable std::mutex mutex_;                    // of everything below
  std::map<Blob, Blob> status_;                 // serial → CertStatus; what is not there is good
  std::map<Blob, testpki::Extension> carried_;  // by serial
  std::map<Blob, Blob> first_;                  // serial → the first answer
  std::deque<Recipe> recipes_;
  Statistics statistics_;
};

}  // namespace jpki::testocsp

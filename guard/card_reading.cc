// SPDX-License-Identifier: LGPL-2.1-or-later
#include "guard/card_reading.h"

#include "pkcs11/applet.h"
#include "pkcs11/pcsc.h"

#include <chrono>
#include <thread>

namespace jpki::guard {
namespace {

constexpr std::size_t kMaxCertificate = 8192;
constexpr int kTries = 5;  // another program may have the card for itself, or reset it
constexpr std::chrono::milliseconds kBetweenTries{300};

Expected<Blob, pkcs11::Trouble> certificate_of(pkcs11::Card& card, pkcs11::Findings& findings) {
  findings.medium = nullptr;  // another one may lie there
  auto applet = pkcs11::Applet::select(card, findings);
  if (!applet) return Unexpected{applet.error()};
  return applet->certificate();
}

// In one transaction, so that nobody else talks to the card meanwhile. It is left as it is.
std::optional<Blob> read_once(const std::string& reader, pkcs11::Findings& findings) {
  pkcs11::PcscReaders readers;
  const auto card = readers.connect(reader);
  if (!card || !(*card)->begin()) return std::nullopt;
  auto certificate = certificate_of(**card, findings);
  (*card)->end(pkcs11::Leave::kAsItIs);
  if (!certificate || certificate->empty() || certificate->size() > kMaxCertificate) return std::nullopt;
  return std::move(*certificate);
}

}  // namespace

std::optional<Blob> read_certificate(const std::string& reader) {
  pkcs11::Findings findings;
  for (int i = 0; i < kTries; ++i) {
    if (i > 0) std::this_thread::sleep_for(kBetweenTries);
    if (auto certificate = read_once(reader, findings)) return certificate;
  }
  return std::nullopt;
}

}  // namespace jpki::guard

// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Readers and Card over PC/SC (libpcsclite).
#pragma once

#include "pkcs11/card.h"

#include <atomic>
#include <optional>

#include <winscard.h>

namespace jpki::pkcs11 {

// A connection to pcscd that is made when it is first needed, and again after pcscd was gone.
class PcscContext {
 public:
  PcscContext() = default;
  PcscContext(const PcscContext&) = delete;
  PcscContext& operator=(const PcscContext&) = delete;
  ~PcscContext() { close(); }

  std::optional<SCARDCONTEXT> get() noexcept;  // nothing: pcscd does not answer
  void close() noexcept;

 private:
  SCARDCONTEXT context_ = 0;
  bool open_ = false;
};

class PcscReaders final : public Readers {
 public:
  PcscReaders() = default;

  Expected<std::vector<ReaderState>, Trouble> list() override;
  Expected<std::unique_ptr<Card>, Trouble> connect(const std::string& reader) override;
  Expected<Unit, Trouble> wait_for_change(const std::vector<ReaderState>& known) override;
  void interrupt() noexcept override;

 private:
  PcscContext context_;
  std::atomic<bool> interrupted_{false};
  std::atomic<SCARDCONTEXT> waiting_{0};
};

}  // namespace jpki::pkcs11

// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pkcs11/pcsc.h"

#include "pkcs11/apdu.h"
#include "pkcs11/reader_features.h"

#include <array>
#include <cstring>
#include <utility>

#include <reader.h>

namespace jpki::pkcs11 {
namespace {

constexpr DWORD kProtocols = SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1;
constexpr int kMostResets = 3;      // by other programs, while we try to begin
constexpr DWORD kLookAgain = 1000;  // ms; a wait that was interrupted before it began ends then
constexpr char kNewReaders[] = "\\\\?PnP?\\Notification";
constexpr std::size_t kRoomForNames = 4096;
constexpr std::size_t kMostNames = 64 * 1024;

Trouble trouble_of(LONG rv) {
  switch (static_cast<unsigned long>(rv) & 0xFFFFFFFF) {
    case static_cast<unsigned long>(SCARD_W_REMOVED_CARD) & 0xFFFFFFFF:
    case static_cast<unsigned long>(SCARD_E_NO_SMARTCARD) & 0xFFFFFFFF:
      return Trouble::kNoCard;
    case static_cast<unsigned long>(SCARD_E_UNKNOWN_READER) & 0xFFFFFFFF:
    case static_cast<unsigned long>(SCARD_E_READER_UNAVAILABLE) & 0xFFFFFFFF:
    case static_cast<unsigned long>(SCARD_E_NO_READERS_AVAILABLE) & 0xFFFFFFFF:
      return Trouble::kNoReader;
    case static_cast<unsigned long>(SCARD_E_NO_SERVICE) & 0xFFFFFFFF:
    case static_cast<unsigned long>(SCARD_E_SERVICE_STOPPED) & 0xFFFFFFFF:
    case static_cast<unsigned long>(SCARD_E_INVALID_HANDLE) & 0xFFFFFFFF:
    case static_cast<unsigned long>(SCARD_F_COMM_ERROR) & 0xFFFFFFFF:
      return Trouble::kNoService;
    case static_cast<unsigned long>(SCARD_E_SHARING_VIOLATION) & 0xFFFFFFFF:
      return Trouble::kBusy;
    default:
      return Trouble::kCardError;
  }
}

class PcscCard final : public Card {
 public:
  PcscCard(SCARDHANDLE handle, DWORD protocol) noexcept : handle_(handle), protocol_(protocol) {}
  PcscCard(const PcscCard&) = delete;
  PcscCard& operator=(const PcscCard&) = delete;
  ~PcscCard() override {
    end(Leave::kReset);  // a transaction that is still open may leave a verified PIN
    ::SCardDisconnect(handle_, SCARD_LEAVE_CARD);
  }

  Expected<Unit, Trouble> begin() override {
    for (int resets = 0;; ++resets) {
      LONG rv = ::SCardBeginTransaction(handle_);
      if (rv == SCARD_S_SUCCESS) break;
      if (rv != static_cast<LONG>(SCARD_W_RESET_CARD) || resets == kMostResets)
        return Unexpected{trouble_of(rv)};
      rv = ::SCardReconnect(handle_, SCARD_SHARE_SHARED, kProtocols, SCARD_LEAVE_CARD, &protocol_);
      if (rv != SCARD_S_SUCCESS) return Unexpected{trouble_of(rv)};
    }
    open_ = true;
    return Unit{};
  }

  void end(Leave leave) noexcept override {
    if (!std::exchange(open_, false)) return;
    ::SCardEndTransaction(handle_, leave == Leave::kReset ? SCARD_RESET_CARD : SCARD_LEAVE_CARD);
  }

  Expected<Blob, Trouble> transmit(Bytes command) override {
    Blob response(MAX_BUFFER_SIZE_EXTENDED);
    auto size = static_cast<DWORD>(response.size());
    const SCARD_IO_REQUEST* const protocol = protocol_ == SCARD_PROTOCOL_T0 ? SCARD_PCI_T0 : SCARD_PCI_T1;
    const LONG rv = ::SCardTransmit(handle_, protocol, command.data(), static_cast<DWORD>(command.size()),
                                    nullptr, response.data(), &size);
    if (rv != SCARD_S_SUCCESS) return Unexpected{trouble_of(rv)};
    if (size > response.size()) return Unexpected{Trouble::kCardError};
    response.resize(size);
    return response;
  }

  std::size_t longest_answer() override {
    if (longest_ == 0) longest_ = ask_reader();
    return longest_;
  }

  bool has_keys() override { return keys_control_code(features()).has_value(); }

  Expected<Blob, Trouble> verify_on_keys(Bytes pin_verify) override {
    const auto code = keys_control_code(features());
    if (!code) return Unexpected{Trouble::kCardError};
    return control(*code, pin_verify);
  }

 private:
  Expected<Blob, Trouble> control(DWORD code, Bytes input) {
    std::array<std::uint8_t, 512> answer{};
    DWORD size = 0;
    const LONG rv = ::SCardControl(handle_, code, input.data(), static_cast<DWORD>(input.size()),
                                   answer.data(), static_cast<DWORD>(answer.size()), &size);
    if (rv != SCARD_S_SUCCESS) return Unexpected{trouble_of(rv)};
    if (size > answer.size()) return Unexpected{Trouble::kCardError};
    return Blob(answer.begin(), answer.begin() + static_cast<std::ptrdiff_t>(size));
  }

  // As the reader told them first; empty when it has none.
  const Blob& features() {
    if (!features_) {
      auto told = control(CM_IOCTL_GET_FEATURE_REQUEST, {});
      features_ = told ? std::move(*told) : Blob{};
    }
    return *features_;
  }

  std::size_t ask_reader() {
    const auto code = properties_control_code(features());
    const auto properties = code ? control(*code, {}) : Unexpected{Trouble::kCardError};
    return properties ? longest_answer_told(*properties) : kShortNe;
  }

  SCARDHANDLE handle_;
  DWORD protocol_;
  bool open_ = false;
  std::optional<Blob> features_;
  std::size_t longest_ = 0;  // 0: not asked yet
};

// The names of the readers; none is no error. Each call of SCardListReaders asks pcscd, so the first one
// brings room.
Expected<std::vector<std::string>, Trouble> names_of(SCARDCONTEXT context) {
  std::vector<char> text(kRoomForNames);
  std::vector<std::string> names;
  for (;;) {
    auto size =
        static_cast<DWORD>(text.size() - 2);  // what follows ends the list, whatever the service writes
    const LONG rv = ::SCardListReaders(context, nullptr, text.data(), &size);
    if (rv == static_cast<LONG>(SCARD_E_NO_READERS_AVAILABLE)) return names;
    if (rv == SCARD_S_SUCCESS) break;
    if (rv != static_cast<LONG>(SCARD_E_INSUFFICIENT_BUFFER) || text.size() >= kMostNames)
      return Unexpected{trouble_of(rv)};
    text.assign(2 * text.size(), '\0');
  }
  for (const char* name = text.data(); *name != '\0'; name += std::strlen(name) + 1) names.emplace_back(name);
  return names;
}

std::vector<SCARD_READERSTATE> unaware_of(const std::vector<std::string>& names) {
  std::vector<SCARD_READERSTATE> states;
  for (const std::string& name : names) {
    SCARD_READERSTATE state{};
    state.szReader = name.c_str();
    states.push_back(state);
  }
  return states;
}

std::vector<ReaderState> told_by(const std::vector<SCARD_READERSTATE>& states) {
  std::vector<ReaderState> readers;
  for (const SCARD_READERSTATE& state : states) {
    const bool present = (state.dwEventState & SCARD_STATE_PRESENT) != 0;
    const bool taken = (state.dwEventState & SCARD_STATE_EXCLUSIVE) != 0;
    readers.push_back({.name = state.szReader,
                       .holds_card = present && !taken,
                       .insertion = static_cast<std::uint32_t>(state.dwEventState >> 16 & 0xFFFF)});
  }
  return readers;
}

bool same(const std::vector<ReaderState>& a, const std::vector<ReaderState>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const ReaderState& x, const ReaderState& y) {
    return x.name == y.name && x.holds_card == y.holds_card && x.insertion == y.insertion;
  });
}

bool service_lost(LONG rv) {
  return rv != SCARD_S_SUCCESS && trouble_of(rv) == Trouble::kNoService;
}

}  // namespace

std::optional<SCARDCONTEXT> PcscContext::get() noexcept {
  if (open_ && ::SCardIsValidContext(context_) != SCARD_S_SUCCESS) close();
  if (!open_)
    open_ = ::SCardEstablishContext(SCARD_SCOPE_SYSTEM, nullptr, nullptr, &context_) == SCARD_S_SUCCESS;
  if (!open_) return std::nullopt;
  return context_;
}

void PcscContext::close() noexcept {
  if (std::exchange(open_, false)) ::SCardReleaseContext(context_);
}

Expected<std::vector<ReaderState>, Trouble> PcscReaders::list() {
  const auto context = context_.get();
  if (!context) return Unexpected{Trouble::kNoService};
  const auto names = names_of(*context);
  if (!names) {
    if (names.error() == Trouble::kNoService) context_.close();
    return Unexpected{names.error()};
  }
  auto states = unaware_of(*names);
  if (states.empty()) return std::vector<ReaderState>{};
  const LONG rv = ::SCardGetStatusChange(*context, 0, states.data(), static_cast<DWORD>(states.size()));
  if (service_lost(rv)) {
    context_.close();
    return Unexpected{Trouble::kNoService};
  }
  return told_by(states);  // what cannot be asked holds nothing
}

Expected<std::unique_ptr<Card>, Trouble> PcscReaders::connect(const std::string& reader) {
  const auto context = context_.get();
  if (!context) return Unexpected{Trouble::kNoService};
  SCARDHANDLE handle = 0;
  DWORD protocol = 0;
  const LONG rv =
      ::SCardConnect(*context, reader.c_str(), SCARD_SHARE_SHARED, kProtocols, &handle, &protocol);
  if (rv != SCARD_S_SUCCESS) return Unexpected{trouble_of(rv)};
  return std::unique_ptr<Card>(std::make_unique<PcscCard>(handle, protocol));
}

Expected<Unit, Trouble> PcscReaders::wait_for_change(const std::vector<ReaderState>& known) {
  PcscContext own;  // libpcsclite lets nobody else use a context that waits
  const auto context = own.get();
  if (!context) return Unexpected{Trouble::kNoService};
  waiting_ = *context;
  LONG rv = SCARD_S_SUCCESS;
  while (!interrupted_) {
    const auto names = names_of(*context);
    if (!names) return Unexpected{names.error()};
    auto states = unaware_of(*names);
    if (!states.empty())
      rv = ::SCardGetStatusChange(*context, 0, states.data(), static_cast<DWORD>(states.size()));
    if (service_lost(rv)) break;
    if (!same(told_by(states), known)) break;
    for (SCARD_READERSTATE& state : states) state.dwCurrentState = state.dwEventState;
    SCARD_READERSTATE more{};
    more.szReader = kNewReaders;
    states.push_back(more);
    rv = ::SCardGetStatusChange(*context, kLookAgain, states.data(), static_cast<DWORD>(states.size()));
    if (service_lost(rv)) break;
  }
  waiting_ = 0;
  if (service_lost(rv)) return Unexpected{Trouble::kNoService};
  return Unit{};
}

void PcscReaders::interrupt() noexcept {
  interrupted_ = true;
  if (const SCARDCONTEXT context = waiting_; context != 0) ::SCardCancel(context);
}

}  // namespace jpki::pkcs11

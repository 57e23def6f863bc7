// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pkcs11/wishes.h"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace jpki::pkcs11 {
namespace {

constexpr std::size_t kMostWords = 256;  // bytes of pReserved that are looked at

bool take_words(std::string_view text, Wishes& wishes) {
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    if (word == kHoldUntilLogout) {
      wishes.holding = Holding::kUntilLetGo;
    } else if (word == kPinOnReader) {
      wishes.pin_on_reader = true;
    } else if (!word.empty()) {
      return false;
    }
  }
  return true;
}

}  // namespace

CK_RV take_wishes(const CK_C_INITIALIZE_ARGS* arguments, Wishes& wishes) {
  if (arguments == nullptr) return CKR_OK;
  const int given = (arguments->CreateMutex != nullptr) + (arguments->DestroyMutex != nullptr) +
                    (arguments->LockMutex != nullptr) + (arguments->UnlockMutex != nullptr);
  if (given != 0 && given != 4) return CKR_ARGUMENTS_BAD;
  if (given == 4 && (arguments->flags & CKF_OS_LOCKING_OK) == 0) return CKR_CANT_LOCK;
  if (arguments->pReserved == nullptr) return CKR_OK;
  const std::string_view text(static_cast<const char*>(arguments->pReserved),
                              ::strnlen(static_cast<const char*>(arguments->pReserved), kMostWords));
  return take_words(text, wishes) ? CKR_OK : CKR_ARGUMENTS_BAD;
}

}  // namespace jpki::pkcs11

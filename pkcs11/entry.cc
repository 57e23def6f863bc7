// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What jpki-pkcs11.so exports: C_GetFunctionList, by which a program finds all other functions.
#include "pkcs11/cryptoki.h"
#include "pkcs11/pcsc.h"

namespace {

std::unique_ptr<jpki::pkcs11::Readers> pcsc_readers() {
  return std::make_unique<jpki::pkcs11::PcscReaders>();
}

}  // namespace

extern "C" __attribute__((visibility("default"))) CK_RV C_GetFunctionList(CK_FUNCTION_LIST** list) {
  if (list == nullptr) return CKR_ARGUMENTS_BAD;
  jpki::pkcs11::take_readers_from(pcsc_readers);
  *list = &jpki::pkcs11::functions();
  return CKR_OK;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Owners of what libkrb5 hands out, its octets as ours and ours as its, and its words for an error.
#pragma once

#include "base/bytes.h"

#include <memory>
#include <string>

#include <krb5.h>

namespace jpki::krb5 {

// Frees in the context that it was made with.
template <auto kFree>
struct InContext {
  krb5_context context = nullptr;
  template <class T>
  void operator()(T* handle) const {
    static_cast<void>(kFree(context, handle));
  }
};

struct FreeContext {
  void operator()(krb5_context context) const { krb5_free_context(context); }
};
using Context = std::unique_ptr<_krb5_context, FreeContext>;
using Principal = std::unique_ptr<krb5_principal_data, InContext<krb5_free_principal>>;
using Options = std::unique_ptr<krb5_get_init_creds_opt, InContext<krb5_get_init_creds_opt_free>>;
using Exchange = std::unique_ptr<_krb5_init_creds_context, InContext<krb5_init_creds_free>>;
using Keytab = std::unique_ptr<_krb5_kt, InContext<krb5_kt_close>>;
using Cache = std::unique_ptr<_krb5_ccache, InContext<krb5_cc_close>>;

inline Blob octets_of(const krb5_data& data) {
  const auto* const begin = reinterpret_cast<const std::uint8_t*>(data.data);
  return {begin, begin + data.length};
}

// A view: `octets` must outlive it.
inline krb5_data view_of(Blob& octets) {
  return {.magic = KV5M_DATA,
          .length = static_cast<unsigned>(octets.size()),
          .data = reinterpret_cast<char*>(octets.data())};
}

inline std::string message_of(krb5_context context, krb5_error_code code) {
  const char* const text = krb5_get_error_message(context, code);
  std::string copy(text);
  krb5_free_error_message(context, text);
  return copy;
}

}  // namespace jpki::krb5

// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/ticket/program/last_request.h"

#include "base/program/krb5_handles.h"

#include <cerrno>

namespace jpki::ticket {
namespace {

// libkrb5 is C.
template <class Work>
krb5_error_code within(Work work) noexcept {
  try {
    return work();
  } catch (...) {
    return ENOMEM;
  }
}

}  // namespace

LastRequest::LastRequest(krb5_context context) : context_(context) {
  krb5_set_kdc_send_hook(context, &LastRequest::before_sending, this);
  krb5_set_kdc_recv_hook(context, &LastRequest::after_receiving, this);
}

LastRequest::~LastRequest() {
  krb5_set_kdc_send_hook(context_, nullptr, nullptr);
  krb5_set_kdc_recv_hook(context_, nullptr, nullptr);
}

krb5_error_code LastRequest::before_sending(krb5_context context, void* self, const krb5_data*,
                                            const krb5_data* message, krb5_data** other_message,
                                            krb5_data**) {
  auto& last = *static_cast<LastRequest*>(self);
  if (!last.again_)
    return within([&] {
      last.request_ = krb5::octets_of(*message);
      return 0;
    });
  const krb5_data same = krb5::view_of(last.request_);
  return krb5_copy_data(context, &same, other_message);
}

krb5_error_code LastRequest::after_receiving(krb5_context, void* self, krb5_error_code code, const krb5_data*,
                                             const krb5_data*, const krb5_data* reply, krb5_data**) {
  auto& last = *static_cast<LastRequest*>(self);
  if (!last.again_ || code != 0) return code;
  return within([&] {
    last.reply_ = krb5::octets_of(*reply);
    return ECANCELED;
  });
}

// libkrb5 sends only what one of its exchanges has made. This one is for its sending alone: its request never
// leaves, and it ends when the reply is here.
Expected<Blob, krb5_error_code> LastRequest::send_again(krb5_principal client) {
  if (request_.empty()) return Unexpected{krb5_error_code{EINVAL}};
  krb5_init_creds_context raw = nullptr;
  auto code = krb5_init_creds_init(context_, client, nullptr, nullptr, 0, nullptr, &raw);
  const krb5::Exchange exchange(raw, {context_});
  if (code != 0) return Unexpected{code};
  again_ = true;
  reply_.clear();
  code = krb5_init_creds_get(context_, exchange.get());
  again_ = false;
  if (reply_.empty()) return Unexpected{code};
  return std::move(reply_);
}

}  // namespace jpki::ticket

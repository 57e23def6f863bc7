// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/ticket/program/as_exchange.h"

#include "base/safe_file.h"
#include "validator/ticket/program/as_error.h"
#include "validator/ticket/program/krb5_settings.h"
#include "validator/ticket/program/last_request.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include <dlfcn.h>
#include <gnutls/x509.h>
#include <sys/mman.h>
#include <unistd.h>

namespace jpki::ticket {
namespace {

Unexpected<NoTicket> unusable(std::string cause) {
  return Unexpected{NoTicket{Verdict::kTicketUnusable, std::move(cause)}};
}

std::string path_of(const UniqueFd& fd) {
  return "/proc/self/fd/" + std::to_string(fd.get());
}

Expected<UniqueFd, NoTicket> file_without_name(const char* name, Bytes text) {
  UniqueFd fd(::memfd_create(name, MFD_CLOEXEC));
  if (!fd.valid() || ::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    return unusable(std::string("memory for ") + name + ": " + std::strerror(errno));
  return fd;
}

Blob pem_of(const Blob& der) {
  const gnutls_datum_t data{const_cast<unsigned char*>(der.data()), static_cast<unsigned>(der.size())};
  gnutls_datum_t pem{};
  if (::gnutls_pem_base64_encode2("CERTIFICATE", &data, &pem) != GNUTLS_E_SUCCESS) return {};
  Blob text(pem.data, pem.data + pem.size);
  text.push_back('\n');
  ::gnutls_free(pem.data);
  return text;
}

std::string name_of(krb5_context context, krb5_const_principal principal) {
  char* text = nullptr;
  if (krb5_unparse_name(context, principal, &text) != 0) return {};
  std::string copy(text);
  krb5_free_unparsed_name(context, text);
  return copy;
}

// How far the KDC that answered last is ahead, if it answered with an error.
std::optional<std::int64_t> kdc_ahead(krb5_context context, krb5_init_creds_context exchange) {
  krb5_error* error = nullptr;
  if (exchange == nullptr || krb5_init_creds_get_error(context, exchange, &error) != 0 || error == nullptr)
    return std::nullopt;
  // KerberosTime goes up to 2106 (krb5_timestamp is signed).
  const auto theirs = static_cast<std::int64_t>(static_cast<std::uint32_t>(error->stime));
  krb5_free_error(context, error);
  return theirs - static_cast<std::int64_t>(::time(nullptr));
}

// Whether the exchange ends with another reply to its last request.
bool ends_with(krb5_context context, krb5_init_creds_context exchange, Blob reply) {
  krb5_data in = krb5::view_of(reply), out{}, realm{};
  unsigned flags = 0;
  const auto code = krb5_init_creds_step(context, exchange, &in, &out, &realm, &flags);
  krb5_free_data_contents(context, &out);
  krb5_free_data_contents(context, &realm);
  return code == 0 && (flags & KRB5_INIT_CREDS_STEP_FLAG_CONTINUE) == 0;
}

Ticket ticket_of(krb5_context context, const krb5_creds& credentials) {
  const auto seconds = [](krb5_timestamp time) { return static_cast<std::uint32_t>(time); };
  return {.client = name_of(context, credentials.client),
          .server = name_of(context, credentials.server),
          .key_type = static_cast<std::uint32_t>(credentials.keyblock.enctype),
          .key = {credentials.keyblock.contents, credentials.keyblock.contents + credentials.keyblock.length},
          .authenticated = seconds(credentials.times.authtime),
          .begins = seconds(credentials.times.starttime),
          .ends = seconds(credentials.times.endtime),
          .renewable_until = seconds(credentials.times.renew_till),
          .flags = static_cast<std::uint32_t>(credentials.ticket_flags),
          .octets = krb5::octets_of(credentials.ticket)};
}

}  // namespace

AsExchange::AsExchange(config::TicketPolicy policy, Blob kdc_anchors, UniqueFd settings, UniqueFd anchors,
                       krb5::Context context, krb5::Options options)
    : policy_(std::move(policy)),
      kdc_anchors_(std::move(kdc_anchors)),
      settings_(std::move(settings)),
      anchors_(std::move(anchors)),
      context_(std::move(context)),
      options_(std::move(options)) {}

Expected<AsExchange, NoTicket> AsExchange::prepare(const config::TicketPolicy& policy) {
  auto kdc_anchors = read_trusted_file(policy.kdc_anchors);
  if (!kdc_anchors) return unusable("kdc_anchors of [ticket]: " + kdc_anchors.error().text);
  auto anchors = file_without_name("kdc-anchors", {});
  if (!anchors) return Unexpected{anchors.error()};
  auto settings = file_without_name("krb5.conf", as_bytes(krb5_settings(policy, path_of(*anchors))));
  if (!settings) return Unexpected{settings.error()};
  if (::dlopen(kTokenModule, RTLD_NOW | RTLD_LOCAL) == nullptr)
    return unusable(std::string(::dlerror()) + "; reinstall the package");
  ::setenv("KRB5_CONFIG", path_of(*settings).c_str(), 1);
  krb5_context raw = nullptr;
  if (const auto code = krb5_init_context(&raw); code != 0)
    return unusable("libkrb5: " + krb5::message_of(nullptr, code));
  krb5::Context context(raw);
  krb5_get_init_creds_opt* raw_options = nullptr;
  auto code = krb5_get_init_creds_opt_alloc(raw, &raw_options);
  krb5::Options options(raw_options, {raw});
  const std::string identity = std::string("PKCS11:module_name=") + kTokenModule;
  // Each plug-in hears of this option at once, for which all are loaded.
  if (code == 0)
    code = krb5_get_init_creds_opt_set_pa(raw, raw_options, "X509_user_identity", identity.c_str());
  if (code != 0) return unusable("libkrb5: " + krb5::message_of(raw, code));
  return AsExchange(policy, std::move(*kdc_anchors), std::move(*settings), std::move(*anchors),
                    std::move(context), std::move(options));
}

// libkrb5 sends the path of the person's certificate along, and builds it from the same anchors as the KDC's.
// No issuer of cards issues what makes a KDC: the name of the realm, or a host's and the key purpose
// id-pkinit-KPKdc.
Expected<Unit, NoTicket> AsExchange::write_anchors(const Job& job) {
  Blob text = kdc_anchors_;
  text.push_back('\n');
  for (const Blob& der : job.authorities) append_bytes(text, pem_of(der));
  if (::write(anchors_.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    return unusable(std::string("memory for anchors: ") + std::strerror(errno));
  return Unit{};
}

Expected<Ticket, NoTicket> AsExchange::run(const Job& job) {
  if (auto written = write_anchors(job); !written) return Unexpected{written.error()};
  krb5_context const context = context_.get();
  krb5_principal raw_client = nullptr;
  const auto& realm = policy_.realm;
  if (const auto code = krb5_build_principal(context, &raw_client, static_cast<unsigned>(realm.size()),
                                             realm.c_str(), job.account.c_str(), nullptr);
      code != 0)
    return Unexpected{explain({code, std::nullopt})};
  const krb5::Principal client(raw_client, {context});
  // Not krb5_get_init_creds_password(): after a refusal that asks the primary KDC as well, with another
  // request.
  krb5_init_creds_context raw_exchange = nullptr;
  auto code = krb5_init_creds_init(context, client.get(), nullptr, nullptr, 0, options_.get(), &raw_exchange);
  const krb5::Exchange exchange(raw_exchange, {context});
  krb5_creds credentials{};
  LastRequest request(context);
  if (code == 0) code = krb5_init_creds_get(context, exchange.get());
  if (code == kReplyUnread) {  // which is also what is said of a KDC that does not prove itself, and stays so
    auto reply = request.send_again(client.get());
    if (reply && ends_with(context, exchange.get(), std::move(*reply))) code = 0;
  }
  if (code == 0) code = krb5_init_creds_get_creds(context, exchange.get(), &credentials);
  if (code != 0) return Unexpected{explain({code, kdc_ahead(context, exchange.get())})};
  Ticket ticket = ticket_of(context, credentials);
  krb5_free_cred_contents(context, &credentials);
  return ticket;
}

NoTicket AsExchange::explain(const AsError& error) const {
  std::string cause = policy_.realm + ": " + krb5::message_of(context_.get(), error.code) + hint_about(error);
  return {verdict_of(error), std::move(cause)};
}

}  // namespace jpki::ticket

// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/ticket/program/keep.h"

#include "base/program/krb5_handles.h"

namespace jpki::ticket {
namespace {

using Name = std::unique_ptr<char, krb5::InContext<krb5_free_string>>;

krb5_data data_of(const Blob& octets) {
  krb5_data data{};
  data.data = const_cast<char*>(reinterpret_cast<const char*>(octets.data()));
  data.length = static_cast<unsigned>(octets.size());
  return data;
}

// Points into `ticket` and at the principals.
krb5_creds credentials_of(const Ticket& ticket, krb5_principal client, krb5_principal server) {
  const auto time = [](std::uint32_t seconds) { return static_cast<krb5_timestamp>(seconds); };
  krb5_creds credentials{};
  credentials.client = client;
  credentials.server = server;
  credentials.keyblock.enctype = static_cast<krb5_enctype>(ticket.key_type);
  credentials.keyblock.length = static_cast<unsigned>(ticket.key.size());
  credentials.keyblock.contents = const_cast<krb5_octet*>(ticket.key.data());
  credentials.times = {time(ticket.authenticated), time(ticket.begins), time(ticket.ends),
                       time(ticket.renewable_until)};
  credentials.ticket_flags = static_cast<krb5_flags>(ticket.flags);
  credentials.ticket = data_of(ticket.octets);
  return credentials;
}

}  // namespace

Expected<std::string, std::string> keep(const Ticket& ticket) {
  krb5_context raw = nullptr;
  if (const auto code = krb5_init_secure_context(&raw); code != 0)
    return Unexpected{"/etc/krb5.conf: " + krb5::message_of(nullptr, code)};
  const krb5::Context context(raw);
  krb5_principal raw_client = nullptr;
  auto code = krb5_parse_name(raw, ticket.client.c_str(), &raw_client);
  const krb5::Principal client(raw_client, {raw});
  krb5_principal raw_server = nullptr;
  if (code == 0) code = krb5_parse_name(raw, ticket.server.c_str(), &raw_server);
  const krb5::Principal server(raw_server, {raw});
  if (code != 0) return Unexpected{krb5::message_of(raw, code)};
  krb5_ccache raw_cache = nullptr;
  code = krb5_cc_default(raw, &raw_cache);
  const krb5::Cache cache(raw_cache, {raw});
  krb5_creds credentials = credentials_of(ticket, client.get(), server.get());
  if (code == 0) code = krb5_cc_initialize(raw, cache.get(), client.get());
  if (code == 0) code = krb5_cc_store_cred(raw, cache.get(), &credentials);
  char* raw_name = nullptr;
  if (code == 0) code = krb5_cc_get_full_name(raw, cache.get(), &raw_name);
  const Name name(raw_name, {raw});
  if (code != 0) return Unexpected{krb5::message_of(raw, code)};
  return std::string(name.get());
}

}  // namespace jpki::ticket

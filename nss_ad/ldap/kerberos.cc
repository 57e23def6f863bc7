// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/ldap/kerberos.h"

#include "base/ascii_case.h"
#include "base/program/krb5_handles.h"
#include "nss_ad/ldap/ticket_cache.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <sys/mman.h>

namespace jpki::ad::ldap {
namespace {

constexpr char kCache[] = "MEMORY:nss-ad-refresh";
constexpr char kKeys[] = "MEMORY:machine-keys";

using krb5::Cache;
using krb5::Context;
using krb5::Keytab;
using krb5::message_of;
using krb5::Options;
using krb5::Principal;

Unexpected<Error> refuse(Failure failure, std::string text) {
  return Unexpected{Error{failure, std::move(text)}};
}

// What an administrator can do about it differs by code.
Unexpected<Error> refuse(krb5_context context, krb5_error_code code, const std::string& what) {
  const std::string text = what + ": " + message_of(context, code);
  switch (code) {
    case KRB5KRB_AP_ERR_SKEW:
    case KRB5_KDCREP_SKEW:
    case KRB5KRB_AP_ERR_TKT_NYV:
      return refuse(Failure::kClock, text + "; correct this machine's clock: timedatectl status");
    case KRB5_KDC_UNREACH:
    case KRB5_REALM_CANT_RESOLVE:
    case KRB5_REALM_UNKNOWN:
      return refuse(Failure::kUnreachable, text + "; can this machine reach port 88 of the controllers?");
    case KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN:
    case KRB5KDC_ERR_PREAUTH_FAILED:
    case KRB5KRB_AP_ERR_BAD_INTEGRITY:
    case KRB5KDC_ERR_CLIENT_REVOKED:
    case KRB5KDC_ERR_NAME_EXP:
    case KRB5KDC_ERR_KEY_EXP:
      return refuse(
          Failure::kCredentials,
          text + "; is the machine account in the domain and the keytab its own? join the domain again");
    case KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN:
    case KRB5_KDCREP_MODIFIED:
      return refuse(Failure::kImpostor,
                    text +
                        "; the domain has no controller of this name: does DNS give a wrong answer, or is "
                        "servers in ad.toml not a controller's full name?");
    case KRB5KRB_AP_ERR_TKT_EXPIRED:
    case KRB5_CC_NOTFOUND:
    case KRB5_CC_FORMAT:
    case KRB5_CC_END:
      return refuse(Failure::kCredentials, text + "; get a new ticket: kinit");
    default:
      return refuse(Failure::kCredentials, text + "; check the keytab: klist -k");
  }
}

// RFC 4120 and krb5.conf(5): names are taken as they are, no look-up turns one into another.
std::string configuration_text(const std::string& realm, const std::vector<Controller>& controllers) {
  std::string text = "[libdefaults]\nrdns = false\ndns_canonicalize_hostname = false\n";
  text += "default_realm = " + realm + "\n[realms]\n" + realm + " = {\n";
  for (const Controller& controller : controllers) text += "kdc = " + controller.host + "\n";
  return text + "}\n";
}

Expected<UniqueFd, Error> write_configuration(const std::string& text) {
  UniqueFd fd(::memfd_create("krb5.conf", MFD_CLOEXEC));
  if (!fd.valid() || ::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    return refuse(Failure::kCredentials, std::string("memory for krb5.conf: ") + std::strerror(errno));
  return fd;
}

std::string path_of(const UniqueFd& fd) {
  return "/proc/self/fd/" + std::to_string(fd.get());
}

bool is_machine_account(krb5_const_principal principal, const std::string& realm) {
  const auto& name = principal->data[0];
  return principal->length == 1 && name.length > 1 && name.data[name.length - 1] == '$' &&
         std::string_view(principal->realm.data, principal->realm.length) == realm;
}

// The first "HOST$@REALM" of the keytab: the one name that a controller gives a ticket for.
Expected<Principal, Error> find_machine_account(krb5_context context, krb5_keytab keytab,
                                                const Settings& settings) {
  krb5_kt_cursor cursor{};
  if (const auto code = krb5_kt_start_seq_get(context, keytab, &cursor); code != 0)
    return refuse(context, code, settings.keytab);
  Principal found(nullptr, {context});
  krb5_keytab_entry entry{};
  while (!found && krb5_kt_next_entry(context, keytab, &entry, &cursor) == 0) {
    if (is_machine_account(entry.principal, settings.realm)) {
      krb5_principal copy = nullptr;
      if (krb5_copy_principal(context, entry.principal, &copy) == 0) found.reset(copy);
    }
    krb5_free_keytab_entry_contents(context, &entry);
  }
  krb5_kt_end_seq_get(context, keytab, &cursor);
  if (!found)
    return refuse(Failure::kCredentials, settings.keytab + ": no machine account (NAME$@" + settings.realm +
                                             "); name another principal in ad.toml or join the domain again");
  return found;
}

Expected<Principal, Error> client_of(krb5_context context, krb5_keytab keytab, const Settings& settings) {
  if (settings.principal.empty()) return find_machine_account(context, keytab, settings);
  krb5_principal parsed = nullptr;
  if (const auto code = krb5_parse_name(context, settings.principal.c_str(), &parsed); code != 0)
    return refuse(context, code, "principal of ad.toml");
  return Principal(parsed, {context});
}

Expected<Keytab, Error> resolve(krb5_context context, const std::string& name, const Settings& settings) {
  krb5_keytab raw = nullptr;
  if (const auto code = krb5_kt_resolve(context, name.c_str(), &raw); code != 0)
    return refuse(context, code, settings.keytab);
  return Keytab(raw, {context});
}

// 0 after the last entry.
krb5_error_code copy_entries(krb5_context context, krb5_keytab from, krb5_keytab to) {
  krb5_kt_cursor cursor{};
  if (const auto code = krb5_kt_start_seq_get(context, from, &cursor); code != 0) return code;
  krb5_keytab_entry entry{};
  krb5_error_code code = 0;
  while (code == 0 && (code = krb5_kt_next_entry(context, from, &entry, &cursor)) == 0) {
    code = krb5_kt_add_entry(context, to, &entry);
    krb5_free_keytab_entry_contents(context, &entry);
  }
  krb5_kt_end_seq_get(context, from, &cursor);
  return code == KRB5_KT_END ? 0 : code;
}

bool grants_tickets(const krb5_creds& credentials) {
  const auto& name = *credentials.server;
  return name.length == 2 && std::string_view(name.data[0].data, name.data[0].length) == "krbtgt";
}

// KRB5_CC_END where there is none.
krb5_error_code copy_granting_tickets(krb5_context context, krb5_ccache from, krb5_ccache to) {
  krb5_cc_cursor cursor{};
  if (const auto code = krb5_cc_start_seq_get(context, from, &cursor); code != 0) return code;
  krb5_creds credentials{};
  krb5_error_code code = 0;
  bool found = false;
  while (code == 0 && (code = krb5_cc_next_cred(context, from, &cursor, &credentials)) == 0) {
    if (grants_tickets(credentials)) {
      code = krb5_cc_store_cred(context, to, &credentials);
      found = true;
    }
    krb5_free_cred_contents(context, &credentials);
  }
  krb5_cc_end_seq_get(context, from, &cursor);
  return code == KRB5_CC_END && found ? 0 : code;
}

Expected<Unit, Error> get_ticket(krb5_context context, const Settings& settings) {
  const auto keys = resolve(context, kKeys, settings);
  if (!keys) return Unexpected{keys.error()};
  const Keytab& keytab = *keys;
  const auto client = client_of(context, keytab.get(), settings);
  if (!client) return Unexpected{client.error()};
  krb5_get_init_creds_opt* raw_options = nullptr;
  if (const auto code = krb5_get_init_creds_opt_alloc(context, &raw_options); code != 0)
    return refuse(context, code, "ticket");
  const Options options(raw_options, {context});
  krb5_creds credentials{};
  if (const auto code = krb5_get_init_creds_keytab(context, &credentials, client->get(), keytab.get(), 0,
                                                   nullptr, options.get());
      code != 0)
    return refuse(context, code, "ticket of the machine account in " + settings.keytab);
  krb5_ccache raw_cache = nullptr;
  auto code = krb5_cc_resolve(context, kCache, &raw_cache);
  const Cache cache(raw_cache, {context});
  if (code == 0) code = krb5_cc_initialize(context, cache.get(), client->get());
  if (code == 0) code = krb5_cc_store_cred(context, cache.get(), &credentials);
  krb5_free_cred_contents(context, &credentials);
  if (code != 0) return refuse(context, code, "ticket");
  return Unit{};
}

Expected<Principal, Error> service_of(krb5_context context, const std::string& realm, const std::string& host,
                                      const char* domain) {
  krb5_principal raw = nullptr;
  if (const auto code = krb5_build_principal(context, &raw, static_cast<unsigned>(realm.size()),
                                             realm.c_str(), "ldap", host.c_str(), domain, nullptr);
      code != 0)
    return refuse(context, code, "ldap/" + host);
  raw->type = KRB5_NT_SRV_INST;
  return Principal(raw, {context});
}

// That the domain's own KDC made it, and not one of another realm that it refers to.
bool is_of_realm(krb5_context context, const krb5_creds& credentials, const std::string& realm) {
  krb5_ticket* ticket = nullptr;
  if (krb5_decode_ticket(&credentials.ticket, &ticket) != 0) return false;
  const auto& from = ticket->server->realm;
  const bool same =
      std::string_view(from.data, from.length) == realm &&
      std::string_view(ticket->server->data[0].data, ticket->server->data[0].length) != "krbtgt";
  krb5_free_ticket(context, ticket);
  return same;
}

// libsasl2 knows names of two parts only: the ticket is kept under the one that it will look for.
krb5_error_code keep_as(krb5_context context, krb5_ccache cache, krb5_creds& credentials,
                        krb5_principal name) {
  const krb5_principal given = credentials.server;
  credentials.server = name;
  const auto code = krb5_cc_store_cred(context, cache, &credentials);
  credentials.server = given;
  return code;
}

}  // namespace

// The memory is libkrb5's, known to it by the name kKeys while a handle to it is open.
struct MachineKeys::Handles {
  Context context;
  Keytab keytab;
};

void MachineKeys::Close::operator()(Handles* handles) const {
  delete handles;
}

Expected<MachineKeys, Error> MachineKeys::read(const Settings& settings) {
  const auto file = open_trusted_file(settings.keytab, {.secret = true});
  if (!file) return refuse(Failure::kCredentials, file.error().text);
  krb5_context raw = nullptr;
  if (const auto code = krb5_init_context(&raw); code != 0)
    return refuse(Failure::kCredentials, "/etc/krb5.conf: " + message_of(nullptr, code));
  Context context(raw);
  // Another path to the very file that was found safe.
  const auto from = resolve(raw, "FILE:" + path_of(*file), settings);
  if (!from) return Unexpected{from.error()};
  auto to = resolve(raw, kKeys, settings);
  if (!to) return Unexpected{to.error()};
  if (const auto code = copy_entries(raw, from->get(), to->get()); code != 0)
    return refuse(raw, code, settings.keytab);
  return MachineKeys(std::unique_ptr<Handles, Close>(new Handles{std::move(context), std::move(*to)}));
}

Expected<PersonTickets, Error> PersonTickets::read(const Settings& settings) {
  const auto file = open_ticket_cache(settings.ticket_file, settings.ticket_owner);
  if (!file) {
    const bool none = file.error().reason == FileError::Reason::kMissing;
    return refuse(Failure::kCredentials, file.error().text + (none ? "; get a ticket: kinit" : ""));
  }
  krb5_context raw = nullptr;
  if (const auto code = krb5_init_context(&raw); code != 0)
    return refuse(Failure::kCredentials, "/etc/krb5.conf: " + message_of(nullptr, code));
  const Context context(raw);
  krb5_ccache raw_from = nullptr, raw_to = nullptr;
  krb5_principal raw_person = nullptr;
  // Another path to the very file that was found safe.
  auto code = krb5_cc_resolve(raw, ("FILE:" + path_of(*file)).c_str(), &raw_from);
  const Cache from(raw_from, {raw});
  if (code == 0) code = krb5_cc_get_principal(raw, raw_from, &raw_person);
  const Principal person(raw_person, {raw});
  if (code == 0) code = krb5_cc_resolve(raw, kCache, &raw_to);
  const Cache to(raw_to, {raw});
  if (code == 0) code = krb5_cc_initialize(raw, raw_to, raw_person);
  if (code == 0) code = copy_granting_tickets(raw, raw_from, raw_to);
  if (code != 0) return refuse(raw, code, settings.ticket_file);
  return PersonTickets();
}

Expected<Ticket, Error> Ticket::prepared(const Settings& settings,
                                         const std::vector<Controller>& controllers) {
  auto configuration = write_configuration(configuration_text(settings.realm, controllers));
  if (!configuration) return Unexpected{configuration.error()};
  ::setenv("KRB5_CONFIG", (path_of(*configuration) + ":/etc/krb5.conf").c_str(), 1);
  ::setenv("KRB5CCNAME", kCache, 1);
  ::unsetenv("KRB5_CLIENT_KTNAME");
  return Ticket(std::move(*configuration));
}

Expected<Ticket, Error> Ticket::of_person(const Settings& settings,
                                          const std::vector<Controller>& controllers, const PersonTickets&) {
  return prepared(settings, controllers);
}

Expected<Ticket, Error> Ticket::obtain(const Settings& settings, const std::vector<Controller>& controllers,
                                       const MachineKeys&) {
  auto ticket = prepared(settings, controllers);
  if (!ticket) return ticket;
  krb5_context raw = nullptr;
  if (const auto code = krb5_init_context(&raw); code != 0)
    return refuse(Failure::kCredentials, "/etc/krb5.conf: " + message_of(nullptr, code));
  const Context context(raw);
  if (auto got = get_ticket(context.get(), settings); !got) return Unexpected{got.error()};
  return ticket;
}

Ticket::~Ticket() {
  if (!configuration_.valid()) return;
  krb5_context raw = nullptr;
  if (krb5_init_context(&raw) == 0) {
    const Context context(raw);
    krb5_ccache cache = nullptr;
    if (krb5_cc_resolve(context.get(), kCache, &cache) == 0) krb5_cc_destroy(context.get(), cache);
  }
  ::unsetenv("KRB5_CONFIG");
  ::unsetenv("KRB5CCNAME");
}

Expected<Unit, Error> prove_controller(const Controller& controller, const Settings& settings) {
  krb5_context raw = nullptr;
  if (const auto code = krb5_init_context(&raw); code != 0)
    return refuse(Failure::kCredentials, "/etc/krb5.conf: " + message_of(nullptr, code));
  const Context context(raw);
  const std::string domain = to_lower(settings.realm);
  const std::string name = "ldap/" + controller.host + "/" + domain;
  const auto proof = service_of(raw, settings.realm, controller.host, domain.c_str());
  if (!proof) return Unexpected{proof.error()};
  const auto sought = service_of(raw, settings.realm, controller.host, nullptr);
  if (!sought) return Unexpected{sought.error()};
  krb5_ccache raw_cache = nullptr;
  if (const auto code = krb5_cc_resolve(raw, kCache, &raw_cache); code != 0) return refuse(raw, code, name);
  const Cache cache(raw_cache, {raw});
  krb5_principal raw_client = nullptr;
  if (const auto code = krb5_cc_get_principal(raw, raw_cache, &raw_client); code != 0)
    return refuse(raw, code, name);
  const Principal client(raw_client, {raw});
  krb5_creds wanted{};
  wanted.client = raw_client;
  wanted.server = proof->get();
  krb5_creds* got = nullptr;
  if (const auto code = krb5_get_credentials(raw, 0, raw_cache, &wanted, &got); code != 0)
    return refuse(raw, code, controller.text() + ": ticket for " + name);
  auto code = static_cast<krb5_error_code>(KRB5_KDCREP_MODIFIED);
  if (is_of_realm(raw, *got, settings.realm)) code = keep_as(raw, raw_cache, *got, sought->get());

  krb5_free_creds(raw, got);
  if (code != 0) return refuse(raw, code, controller.text() + ": ticket for " + name);
  return Unit{};
}

}  // namespace jpki::ad::ldap

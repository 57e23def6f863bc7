// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/bindings/editor.h"

#include "base/mapping/mapping_text.h"
#include "nss_ad/ldap/controller_info.h"
#include "nss_ad/ldap/search.h"

namespace jpki::ad::bindings {
namespace {

using ldap::Failure;

constexpr char kAttribute[] = "altSecurityIdentities";
constexpr char kInLowerCase[] = "altsecurityidentities";
constexpr int kAttempts = 2;  // the connection may have been idle for too long

std::string equals(const std::string& pattern) {
  return std::string("(") + kAttribute + "=" + pattern + ")";
}

std::string sought(const std::string& mapping) {
  const auto serial = mapping.rfind(mapping::kSerialInfix);
  if (mapping.starts_with(mapping::kIssuerPrefix) && serial != std::string::npos)
    return equals(ldap::escaped(as_bytes(mapping::kIssuerPrefix)) + "*" +
                  ldap::escaped(as_bytes(std::string_view(mapping).substr(serial))));
  return equals(ldap::escaped(as_bytes(mapping)));
}

Outcome outcome_by(Failure failure) {
  switch (failure) {
    case Failure::kCredentials:
    case Failure::kClock:
      return Outcome::kNoTicket;
    case Failure::kNoController:
    case Failure::kUnreachable:
    case Failure::kTls:
    case Failure::kImpostor:
    case Failure::kInterrupted:
      return Outcome::kUnreachable;
    case Failure::kRefused:
    case Failure::kAnswer:
      break;
  }
  return Outcome::kRefused;
}

bool is_of_the_connection(Failure failure) {
  return failure == Failure::kInterrupted || failure == Failure::kUnreachable;
}

End end_of(const ldap::Error& error, std::string controller) {
  const Outcome by_code = outcome_of(error.code);
  const bool telling =
      by_code == Outcome::kLimit || by_code == Outcome::kReferral || by_code == Outcome::kNoRight;
  return {telling ? by_code : outcome_by(error.failure), std::move(controller), error.text};
}

void take_values(const Entry& entry, const std::function<void(Found)>& take) {
  const auto guid = guid_of(entry);
  if (!guid) return;  // not even readable
  const std::string* const account = entry.first("samaccountname");
  Found found{*guid, entry.dn, account == nullptr ? std::string() : *account, std::nullopt};
  const auto values = entry.attributes.find(kInLowerCase);
  if (values == entry.attributes.end() || values->second.empty()) {
    take(std::move(found));
    return;
  }
  for (const std::string& value : values->second) {
    found.value = value;
    take(found);
  }
}

}  // namespace

std::string filter_of(const Find& find) {
  switch (find.what) {
    case Find::What::kAccount:
      return "(&(objectCategory=person)(objectClass=user)(sAMAccountName=" +
             ldap::escaped(as_bytes(find.text.front())) + "))";
    case Find::What::kHolders: {
      std::string filter = "(|";
      for (const std::string& mapping : find.text) filter += sought(mapping);
      return filter + ")";
    }
    case Find::What::kAll:
      break;
  }
  return equals("X509:*");
}

Outcome outcome_of(int code) noexcept {
  switch (code) {
    case LDAP_SUCCESS:
      return Outcome::kDone;
    case LDAP_TYPE_OR_VALUE_EXISTS:
      return Outcome::kValueExists;
    case LDAP_NO_SUCH_ATTRIBUTE:
      return Outcome::kNoSuchValue;
    case LDAP_NO_SUCH_OBJECT:
      return Outcome::kNoObject;
    case LDAP_INSUFFICIENT_ACCESS:
      return Outcome::kNoRight;
    case LDAP_REFERRAL:
      return Outcome::kReferral;
    case LDAP_ADMINLIMIT_EXCEEDED:
    case LDAP_SIZELIMIT_EXCEEDED:
    case LDAP_TIMELIMIT_EXCEEDED:
      return Outcome::kLimit;
    default:
      // Below 0 no controller has spoken.
      return code < 0 ? Outcome::kNotKnown : Outcome::kRefused;
  }
}

Expected<Unit, ldap::Error> Editor::connect() {
  if (connection_) return Unit{};
  const auto controllers = ldap::controllers_of(settings_, preferred_, random_);
  if (!controllers) return Unexpected{controllers.error()};
  if (!ticket_) {
    auto ticket = credentials_.prepare(settings_, *controllers);
    if (!ticket) return Unexpected{ticket.error()};
    if (*ticket) ticket_.emplace(std::move(**ticket));
  }
  ldap::Error last{Failure::kNoController, "no controller is known; set servers in ad.toml"};
  for (const ldap::Controller& one : *controllers) {
    auto opened = ldap::Connection::open(one, settings_, credentials_);
    if (opened) {
      connection_.emplace(std::move(*opened));
      preferred_ = connection_->name();
      return Unit{};
    }
    last = opened.error();
  }
  return Unexpected{last};
}

End Editor::find(const Find& find, const std::function<void(Found)>& take) {
  const ldap::Query query{ldap::domain_nc_of(settings_.realm),
                          ldap::Scope::kSubtree,
                          filter_of(find),
                          {"objectGUID", "sAMAccountName", kAttribute},
                          settings_.page_size};
  End end;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    if (auto connected = connect(); !connected) return end_of(connected.error(), {});
    std::vector<Entry> entries;
    const auto done =
        ldap::search(*connection_, query, [&](Entry entry) { entries.push_back(std::move(entry)); });
    if (done) {
      for (const Entry& entry : entries) take_values(entry, take);
      return {Outcome::kDone, controller(), {}};
    }
    end = end_of(done.error(), controller());
    if (!is_of_the_connection(done.error().failure)) return end;
    connection_.reset();
  }
  return end;
}

End Editor::change(const Change& change) {
  if (auto connected = connect(); !connected) return end_of(connected.error(), {});
  // libldap takes them as char*, and changes nothing.
  berval value{change.value.size(), const_cast<char*>(change.value.data())};
  berval* values[] = {&value, nullptr};
  LDAPMod modification{};
  modification.mod_op = (change.add ? LDAP_MOD_ADD : LDAP_MOD_DELETE) | LDAP_MOD_BVALUES;
  modification.mod_type = const_cast<char*>(kAttribute);
  modification.mod_bvalues = values;
  LDAPMod* modifications[] = {&modification, nullptr};
  const std::string object = "<GUID=" + to_hex(change.guid) + ">";  // it may be renamed meanwhile
  const int code = ldap_modify_ext_s(connection_->handle(), object.c_str(), modifications, nullptr, nullptr);
  End end{outcome_of(code), controller(), {}};
  if (code != LDAP_SUCCESS) end.text = connection_->refuse(code, "changing altSecurityIdentities").error.text;
  if (end.outcome == Outcome::kNotKnown) connection_.reset();
  return end;
}

}  // namespace jpki::ad::bindings

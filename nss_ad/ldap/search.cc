// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/ldap/search.h"

#include "base/ascii_case.h"
#include "base/number.h"

#include <algorithm>

namespace jpki::ad::ldap {
namespace {

using Message = std::unique_ptr<LDAPMessage, decltype([](LDAPMessage* m) { ldap_msgfree(m); })>;
using Control = std::unique_ptr<LDAPControl, decltype([](LDAPControl* c) { ldap_control_free(c); })>;
using Controls = std::unique_ptr<LDAPControl*, decltype([](LDAPControl** c) { ldap_controls_free(c); })>;

// An attribute of which the directory sent a part.
struct Rest {
  std::string attribute;
  std::uint32_t next;
};
struct Partial {
  Entry entry;
  std::vector<Rest> rests;
};

struct Received {
  int code = 0;
  Controls controls;
};

void append_values(std::vector<std::string>& values, BerVarray found) {
  for (; found != nullptr && found->bv_val != nullptr; ++found)
    values.emplace_back(found->bv_val, found->bv_len);
}

// The attribute a range belongs to comes a second time, empty, under its plain name.
void take_attribute(std::string_view description, BerVarray values, Partial& partial) {
  const std::string name = to_lower(description.substr(0, description.find(';')));
  const auto range = parse_range(description);
  append_values(partial.entry.attributes[name], values);
  if (range && range->next) partial.rests.push_back({range->attribute, *range->next});
}

Expected<Partial, Error> to_entry(const Connection& connection, LDAPMessage* message) {
  BerElement* raw = nullptr;
  berval dn{};
  LDAP* const ld = connection.handle();
  if (const int code = ldap_get_dn_ber(ld, message, &raw, &dn); code != LDAP_SUCCESS)
    return connection.refuse(code, "an entry");
  const std::unique_ptr<BerElement, decltype([](BerElement* b) { ber_free(b, 0); })> ber(raw);
  Partial partial;
  partial.entry.dn.assign(dn.bv_val, dn.bv_len);
  for (;;) {
    berval description{};
    BerVarray values = nullptr;
    const int code = ldap_get_attribute_ber(ld, message, ber.get(), &description, &values);
    if (code != LDAP_SUCCESS) return connection.refuse(code, "an attribute");
    if (description.bv_val == nullptr) break;
    take_attribute({description.bv_val, description.bv_len}, values, partial);
    ber_memfree(values);
  }
  return partial;
}

std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  // libldap takes them as char**, and changes nothing.
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

Unexpected<Error> interrupted(const Connection& connection, const std::string& how) {
  return Unexpected{Error{Failure::kInterrupted, connection.name() +
                                                     ": stopped in the middle of an answer: " + how +
                                                     "; it is asked again at the next run"}};
}

Unexpected<Error> too_much(const Connection& connection) {
  return Unexpected{Error{
      Failure::kAnswer, connection.name() + ": sends more than any directory holds; set bases or filters in "
                                            "ad.toml, or find out what answers there"}};
}

// Entries as they arrive, until the search's own result.
Expected<Received, Error> receive(const Connection& connection, int id,
                                  const std::function<Expected<Unit, Error>(LDAPMessage*)>& take) {
  LDAP* const ld = connection.handle();
  for (;;) {
    LDAPMessage* raw = nullptr;
    timeval span{.tv_sec = connection.timeout().count(), .tv_usec = 0};
    const int kind = ldap_result(ld, id, LDAP_MSG_ONE, &span, &raw);
    const Message message(raw);
    if (kind == 0) {
      ldap_abandon_ext(ld, id, nullptr, nullptr);
      return interrupted(connection, "nothing for " + std::to_string(span.tv_sec) + " seconds");
    }
    if (kind < 0) return interrupted(connection, "the connection was lost");
    if (kind == LDAP_RES_SEARCH_ENTRY) {
      if (auto taken = take(raw); !taken) return Unexpected{taken.error()};
    } else if (kind == LDAP_RES_SEARCH_RESULT) {
      Received received;
      LDAPControl** controls = nullptr;
      const int code = ldap_parse_result(ld, raw, &received.code, nullptr, nullptr, nullptr, &controls, 0);
      received.controls.reset(controls);
      if (code != LDAP_SUCCESS) return connection.refuse(code, "a search's result");
      return received;
    }
  }
}

Expected<Received, Error> request(const Connection& connection, const Query& query, LDAPControl* control,
                                  const std::function<Expected<Unit, Error>(LDAPMessage*)>& take) {
  LDAPControl* controls[] = {control, nullptr};
  auto attributes = pointers_to(query.attributes);
  int id = 0;
  const int scope = query.scope == Scope::kBase ? LDAP_SCOPE_BASE : LDAP_SCOPE_SUBTREE;
  const int code = ldap_search_ext(connection.handle(), query.base.c_str(), scope, query.filter.c_str(),
                                   attributes.data(), 0, controls, nullptr, nullptr, LDAP_NO_LIMIT, &id);
  if (code == LDAP_FILTER_ERROR)
    return Unexpected{
        Error{Failure::kRefused, "the filter " + query.filter + " is not valid; correct it in ad.toml"}};
  if (code == LDAP_SERVER_DOWN) return interrupted(connection, "the connection was lost");
  if (code != LDAP_SUCCESS) return connection.refuse(code, "search below " + query.base);
  return receive(connection, id, take);
}

// The values that are left of one attribute. The object is named by its GUID: it may be renamed meanwhile.
Expected<Unit, Error> complete(const Connection& connection, Entry& entry, Rest rest, Budget& budget) {
  const auto guid = guid_of(entry);
  const std::string base = guid ? "<GUID=" + to_hex(*guid) + ">" : entry.dn;
  for (std::optional<std::uint32_t> next = rest.next; next;) {
    Partial more;
    const Query query{base,
                      Scope::kBase,
                      "(objectClass=*)",
                      {rest.attribute + ";range=" + std::to_string(*next) + "-*"},
                      0};
    const auto received =
        request(connection, query, nullptr, [&](LDAPMessage* message) -> Expected<Unit, Error> {
          auto part = to_entry(connection, message);
          if (!part) return Unexpected{part.error()};
          more = std::move(*part);
          return Unit{};
        });
    if (!received) return Unexpected{received.error()};
    if (received->code != LDAP_SUCCESS)
      return connection.refuse(received->code, "the rest of " + rest.attribute);
    if (!budget.spend(more.entry)) return too_much(connection);
    auto& values = entry.attributes[rest.attribute];
    std::ranges::move(more.entry.attributes[rest.attribute], std::back_inserter(values));
    const bool further = !more.rests.empty() && more.rests.front().next > *next;
    next = further ? std::optional(more.rests.front().next) : std::nullopt;
  }
  return Unit{};
}

Expected<Unit, Error> deliver(const Connection& connection, std::vector<Partial>& partials, const Sink& sink,
                              Budget& budget) {
  for (Partial& partial : partials) {
    for (Rest& rest : partial.rests)
      if (auto done = complete(connection, partial.entry, std::move(rest), budget); !done) return done;
    sink(std::move(partial.entry));
  }
  partials.clear();
  return Unit{};
}

}  // namespace

bool Budget::spend(const Entry& entry) {
  std::size_t octets = entry.dn.size();
  for (const auto& [name, values] : entry.attributes)
    for (const std::string& value : values) octets += value.size() + sizeof(value);
  if (entries_ == 0 || octets > octets_) return false;
  --entries_;
  octets_ -= octets;
  return true;
}

std::optional<Range> parse_range(std::string_view description) {
  const std::string text = to_lower(description);
  constexpr std::string_view kOption = ";range=";
  const auto option = text.find(kOption);
  if (option == std::string::npos) return std::nullopt;
  std::string_view bounds = std::string_view(text).substr(option + kOption.size());
  bounds = bounds.substr(0, bounds.find(';'));
  const auto dash = bounds.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto low = whole_number<std::uint32_t>(bounds.substr(0, dash));
  const auto high = whole_number<std::uint32_t>(bounds.substr(dash + 1));
  Range range{text.substr(0, option), std::nullopt};
  if (low && bounds.substr(dash + 1) == "*") return range;
  if (!low || !high || *high < *low || *high == UINT32_MAX) return std::nullopt;
  range.next = *high + 1;
  return range;
}

Expected<Unit, Error> search(const Connection& connection, const Query& query, const Sink& sink) {
  std::vector<Partial> partials;  // complete at the end of their page
  Budget budget = query.budget;
  const auto take = [&](LDAPMessage* message) -> Expected<Unit, Error> {
    auto partial = to_entry(connection, message);
    if (!partial) return Unexpected{partial.error()};
    if (!budget.spend(partial->entry)) return too_much(connection);
    if (partial->rests.empty()) {
      sink(std::move(partial->entry));
    } else {
      partials.push_back(std::move(*partial));
    }
    return Unit{};
  };
  std::unique_ptr<berval, decltype([](berval* b) { ber_bvfree(b); })> cookie;
  do {
    LDAPControl* raw = nullptr;
    int code = ldap_create_page_control(connection.handle(), static_cast<ber_int_t>(query.page_size),
                                        cookie.get(), 1, &raw);
    const Control control(raw);
    if (code != LDAP_SUCCESS) return connection.refuse(code, "paged results");
    const auto received = request(connection, query, control.get(), take);
    if (!received) return Unexpected{received.error()};
    if (received->code != LDAP_SUCCESS)
      return connection.refuse(received->code, "search below " + query.base);
    if (auto done = deliver(connection, partials, sink, budget); !done) return done;
    LDAPControl* const page = ldap_control_find(LDAP_CONTROL_PAGEDRESULTS, received->controls.get(), nullptr);
    if (page == nullptr)
      return Unexpected{Error{Failure::kAnswer, connection.name() + ": does not page its results"}};
    berval next{};
    ber_int_t estimate = 0;
    code = ldap_parse_pageresponse_control(connection.handle(), page, &estimate, &next);
    if (code != LDAP_SUCCESS) return connection.refuse(code, "paged results");
    cookie.reset(ber_bvdup(&next));
    ber_memfree(next.bv_val);
  } while (cookie && cookie->bv_len > 0);
  return Unit{};
}

Expected<std::optional<Entry>, Error> read_entry(const Connection& connection, const std::string& base,
                                                 std::vector<std::string> attributes) {
  std::optional<Entry> found;
  const Query query{base, Scope::kBase, "(objectClass=*)", std::move(attributes), 0};
  const auto received =
      request(connection, query, nullptr, [&](LDAPMessage* message) -> Expected<Unit, Error> {
        auto partial = to_entry(connection, message);
        if (!partial) return Unexpected{partial.error()};
        found = std::move(partial->entry);
        return Unit{};
      });
  if (!received) return Unexpected{received.error()};
  if (received->code == LDAP_NO_SUCH_OBJECT) return std::optional<Entry>();
  if (received->code != LDAP_SUCCESS) return connection.refuse(received->code, "reading " + base);
  return found;
}

Expected<Response, Error> search_once(const Connection& connection, const Query& query, LDAPControl& control,
                                      const Sink& sink) {
  Budget budget = query.budget;
  const auto received =
      request(connection, query, &control, [&](LDAPMessage* message) -> Expected<Unit, Error> {
        auto partial = to_entry(connection, message);
        if (!partial) return Unexpected{partial.error()};
        if (!budget.spend(partial->entry)) return too_much(connection);
        sink(std::move(partial->entry));
        return Unit{};
      });
  if (!received) return Unexpected{received.error()};
  Response response{received->code, std::nullopt};
  if (const LDAPControl* found = ldap_control_find(control.ldctl_oid, received->controls.get(), nullptr)) {
    const auto* begin = reinterpret_cast<const std::uint8_t*>(found->ldctl_value.bv_val);
    if (begin != nullptr) response.control = Blob(begin, begin + found->ldctl_value.bv_len);
  }
  return response;
}

std::string escaped(Bytes value) {
  std::string text;
  for (const std::uint8_t octet : value) {
    const bool plain =
        (octet >= '0' && octet <= '9') || (octet >= 'a' && octet <= 'z') || (octet >= 'A' && octet <= 'Z');
    text += plain ? std::string(1, static_cast<char>(octet)) : "\\" + to_hex({&octet, 1});
  }
  return text;
}

std::string any_of_guids(std::span<const Guid> guids) {
  std::string filter = "(|";
  for (const Guid& guid : guids) filter += "(objectGUID=" + escaped(guid) + ")";
  return filter + ")";
}

}  // namespace jpki::ad::ldap

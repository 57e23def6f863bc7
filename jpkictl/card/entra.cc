// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/card/entra.h"

#include "base/mapping/mapping_text.h"

#include <algorithm>
#include <map>

namespace jpki::ctl::card {
namespace {

bool is_possible(const std::string& mapping) {
  return mapping.starts_with(mapping::kThumbprintPrefix) ||
         mapping.starts_with(mapping::kKeyIdentifierPrefix);
}

std::string csv_cell(const std::string& cell) {
  if (cell.find_first_of(",\"\r\n") == std::string::npos) return cell;
  std::string out = "\"";
  for (const char c : cell) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + '"';
}

// RFC 3986 2.3; what else a name holds is percent-encoded.
std::string in_path(std::string_view text) {
  static constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~@";
  std::string out;
  for (const char c : text)
    out += kPlain.find(c) != std::string_view::npos ? std::string(1, c)
                                                    : '%' + to_hex(as_bytes(std::string_view(&c, 1)));
  return out;
}

}  // namespace

EntraExport entra_export(const std::vector<Held>& bindings, std::string_view domain) {
  EntraExport out;
  std::map<std::string, std::string> holder;    // of each value
  std::map<std::string, std::size_t> place_of;  // of each account in users
  for (const Held& held : bindings) {
    const auto [first, is_new] = holder.emplace(held.mapping, held.account);
    if (!is_new && first->second == held.account) continue;
    const auto place = place_of.find(held.account);
    const bool full = place != place_of.end() && out.users[place->second].user_ids.size() == kMostUserIds;
    if (!is_new || full || !is_possible(held.mapping)) {
      out.not_possible.push_back(held);
    } else if (place == place_of.end()) {
      place_of.emplace(held.account, out.users.size());
      out.users.push_back({held.account + '@' + std::string(domain), {held.mapping}});
    } else {
      out.users[place->second].user_ids.push_back(held.mapping);
    }
  }
  return out;
}

std::string to_csv(const std::vector<EntraUser>& users) {
  std::string text = "userPrincipalName,certificateUserIds\r\n";
  for (const EntraUser& user : users) {
    std::string ids;
    for (const std::string& id : user.user_ids) ids += (ids.empty() ? "" : ";") + id;
    text += csv_cell(user.upn) + ',' + csv_cell(ids) + "\r\n";
  }
  return text;
}

Json to_graph(const std::vector<EntraUser>& users) {
  Json batches = Json::array();
  for (std::size_t i = 0; i < users.size(); ++i) {
    if (i % kRequestsOfBatch == 0) batches.push_back({{"requests", Json::array()}});
    batches.back()["requests"].push_back(
        {{"id", std::to_string(i % kRequestsOfBatch + 1)},
         {"method", "PATCH"},
         {"url", "/users/" + in_path(users[i].upn)},
         {"headers", {{"Content-Type", "application/json"}}},
         {"body", {{"authorizationInfo", {{"certificateUserIds", users[i].user_ids}}}}}});
  }
  return batches;
}

}  // namespace jpki::ctl::card

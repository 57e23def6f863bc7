// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pam_jpki/choice_list.h"

#include "base/protocol.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <limits>

#include <arpa/inet.h>

namespace jpki::pam {
namespace {

constexpr char kVariable[] = "GDM_SUPPORTED_PAM_EXTENSIONS";
constexpr std::string_view kName = "org.gnome.DisplayManager.UserVerifier.ChoiceList";

// As gdm-pam-extensions lays them out.
struct Header {
  std::uint32_t length;  // of the whole structure, in network order
  unsigned char type;
};
struct Item {
  const char* key;
  const char* text;
};
struct Request {
  Header header;
  const char* title;
  std::size_t count;
  std::array<Item, kMostOfferedCards> items;
};
struct Response {
  Header header;
  char* key;
};

// What the host has made by malloc(), also where it is not what it should be.
struct Reply {
  pam_response* response = nullptr;
  Reply() = default;
  Reply(const Reply&) = delete;
  Reply& operator=(const Reply&) = delete;
  ~Reply() {
    if (const auto* const list = as_list()) std::free(list->key);
    if (response != nullptr) std::free(response->resp);
    std::free(response);
  }
  const Response* as_list() const {
    if (response == nullptr || response->resp == nullptr) return nullptr;
    const auto* const list = reinterpret_cast<const Response*>(response->resp);
    return ntohl(list->header.length) == sizeof(Response) ? list : nullptr;
  }
};

std::optional<std::uint8_t> advertised_number() noexcept {
  const char* const advertised = ::secure_getenv(kVariable);
  return number_of_choice_list(advertised == nullptr ? "" : advertised);
}

}  // namespace

std::optional<std::uint8_t> number_of_choice_list(std::string_view advertised) noexcept {
  unsigned number = 0;
  while (!advertised.empty()) {
    const std::string_view name = advertised.substr(0, advertised.find(' '));
    if (name == kName) return static_cast<std::uint8_t>(number);
    if (++number > std::numeric_limits<std::uint8_t>::max()) break;
    const std::size_t next = advertised.find_first_not_of(' ', name.size());
    advertised.remove_prefix(next == advertised.npos ? advertised.size() : next);
  }
  return std::nullopt;
}

bool shows_choice_list() noexcept {
  return advertised_number().has_value();
}

std::optional<std::uint8_t> choose_from_list(pam_handle_t* handle, const std::string& title,
                                             const std::vector<std::string>& items) {
  const auto type = advertised_number();
  if (!type || items.size() > kMostOfferedCards) return std::nullopt;

  std::vector<std::string> keys;
  for (std::size_t place = 0; place < items.size(); ++place) keys.push_back(std::to_string(place + 1));
  Request request{{0, *type}, title.c_str(), items.size(), {}};
  request.header.length =
      htonl(static_cast<std::uint32_t>(offsetof(Request, items) + items.size() * sizeof(Item)));
  for (std::size_t place = 0; place < items.size(); ++place)
    request.items[place] = {keys[place].c_str(), items[place].c_str()};

  const void* item = nullptr;
  if (::pam_get_item(handle, PAM_CONV, &item) != PAM_SUCCESS || item == nullptr) return std::nullopt;
  const auto& conversation = *static_cast<const pam_conv*>(item);
  const pam_message message{PAM_BINARY_PROMPT, reinterpret_cast<const char*>(&request)};
  const pam_message* const messages = &message;
  Reply reply;
  if (conversation.conv(1, const_cast<const pam_message**>(&messages), &reply.response,
                        conversation.appdata_ptr) != PAM_SUCCESS)
    return std::nullopt;
  const Response* const chosen = reply.as_list();
  if (chosen == nullptr || chosen->header.type != *type || chosen->key == nullptr) return std::nullopt;
  const auto place = std::ranges::find(keys, chosen->key);
  if (place == keys.end()) return std::nullopt;
  return static_cast<std::uint8_t>(place - keys.begin());
}

}  // namespace jpki::pam

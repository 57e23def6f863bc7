// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/atomic_file.h"
#include "validator/crl_refresh/download.h"

#include <nlohmann/json.hpp>

namespace jpki::crl_refresh {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxStateSize = 16 << 20;

// Members of another type than expected are as if they were not there.
std::string text_of(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::uint64_t number_of(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

}  // namespace

Expected<DownloadStates, std::string> load_states(const std::string& path, const FileTrust& trust) {
  FileTrust rules = trust;
  rules.max_size = kMaxStateSize;
  const auto content = read_trusted_file(path, rules);
  if (!content && content.error().reason == FileError::Reason::kMissing) return DownloadStates();
  if (!content) return Unexpected{content.error().text};
  const json document = json::parse(as_text(*content), nullptr, false);
  if (!document.is_object()) return Unexpected{path + ": not a JSON object; remove it"};
  DownloadStates states;
  for (const auto& [name, entry] : document.items()) {
    if (!entry.is_object()) continue;
    states[name] = {text_of(entry, "url"),
                    text_of(entry, "etag"),
                    text_of(entry, "last_modified"),
                    {number_of(entry, "size"), number_of(entry, "mtime")}};
  }
  return states;
}

Expected<Unit, std::string> save_states(const std::string& path, const DownloadStates& states) {
  json document = json::object();
  for (const auto& [name, state] : states)
    document[name] = {{"url", state.url},
                      {"etag", state.etag},
                      {"last_modified", state.last_modified},
                      {"size", state.stamp.size},
                      {"mtime", state.stamp.mtime}};
  const std::string text = document.dump(1, ' ', true, json::error_handler_t::replace) + "\n";
  auto file = AtomicFile::create(path, 0640);
  if (!file) return Unexpected{file.error()};
  if (auto written = file->write(as_bytes(text), 0); !written) return written;
  return file->commit();
}

}  // namespace jpki::crl_refresh

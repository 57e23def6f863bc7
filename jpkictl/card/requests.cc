// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpkictl card pending key|export|import: what waits on one computer, for the administrator of another one.
#include "base/node_name.h"
#include "jpkictl/card/commands.h"
#include "jpkictl/card/request_check.h"
#include "jpkictl/card/request_keys.h"
#include "jpkictl/card/waiting.h"
#include "jpkictl/input_file.h"
#include "jpkictl/interruption.h"
#include "jpkictl/text.h"
#include "jpkictl/words.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>
#include <unistd.h>

namespace jpki::ctl::card {
namespace {

using succession::Entry;

Expected<std::string, Trouble> this_host() {
  std::string host = node_name();
  if (is_host_word(host)) return host;
  return Unexpected{could_not(say(N_("the name of this computer cannot stand in a request: {host}"),
                                  {{"{host}", for_terminal(host, Lines::kOne)}}))};
}

void note(const Context& context, const std::string& id, const char* msgid) {
  fmt::print(context.err, "jpkictl: {}\n", say(msgid, {{"{id}", id}, {"{id}", id}}));
}

// --- export
// What becomes of an entry that waits here.
struct Sorted {
  std::vector<Request> requests;
  std::vector<Entry> over;  // registered meanwhile
};

// The request, without a signature; nothing: it was said why not.
Expected<std::optional<Request>, Trouble> request_of(const Site& site, const Entry& entry,
                                                     const std::string& host, const Context& context) {
  const std::string id = id_of(entry.new_name);
  const auto held = holders(site, entry);
  if (!held) return Unexpected{held.error()};
  const auto same = [&](const Held& one) { return one.account == held->front().account; };
  const char* why = nullptr;
  if (held->empty() || !std::ranges::all_of(*held, same))
    why = N_("{id}: left out: the old certificate is registered to nobody any more, or to several accounts");
  else if (entry.certificate.empty())
    why =
        N_("{id}: left out: its certificate was not kept; decide it here: jpkictl card pending approve {id}");
  if (why != nullptr) {
    note(context, id, why);
    return std::optional<Request>();
  }
  return std::optional(Request{.host = host,
                               .account = held->front().account,
                               .asked = entry.since,
                               .made = context.now,
                               .old_names = entry.old_names,
                               .certificate = entry.certificate});
}

Expected<Sorted, Trouble> sort_entries(const Site& site, const std::vector<Entry>& entries,
                                       const std::string& host, const Context& context) {
  Sorted sorted;
  for (const Entry& entry : entries) {
    if (!entry.is_undecided()) continue;
    const auto bound = held_anywhere(site, {&entry.new_name, 1});
    if (!bound) return Unexpected{bound.error()};
    if (!bound->empty()) {
      sorted.over.push_back(entry);
      continue;
    }
    auto request = request_of(site, entry, host, context);
    if (!request) return Unexpected{request.error()};
    if (*request) sorted.requests.push_back(std::move(**request));
  }
  return sorted;
}

Expected<Unit, Trouble> sign_all(std::vector<Request>& requests, const Context& context) {
  for (Request& request : requests) {
    auto signature = sign_request(request, kRequestKey, context.trust);
    if (!signature && signature.error().reason == FileError::Reason::kMissing)
      return Unexpected{
          could_not(say(N_("this computer has no key for requests yet; run: jpkictl card pending key")))};
    if (!signature) return Unexpected{could_not(signature.error().text)};
    request.signature = std::move(*signature);
  }
  return Unit{};
}

Expected<Unit, Trouble> forget(const Site& site, const std::vector<Entry>& over, const Context& context) {
  if (over.empty()) return Unit{};
  const HeldSignals whole;
  const auto gone = [&](const Entry& entry) { return std::ranges::find(over, entry) != over.end(); };
  auto changed = change(site, [&](std::vector<Entry>& entries) -> Expected<bool, std::string> {
    return std::erase_if(entries, gone) > 0;
  });
  if (!changed) return changed;
  for (const Entry& entry : over)
    note(context, id_of(entry.new_name), N_("{id}: is registered now, and no longer waits here"));
  return Unit{};
}

Expected<std::vector<Request>, Trouble> signed_requests(const Context& context) {
  const auto site = open_site(context, {}, Use::kRead);
  if (!site) return Unexpected{site.error()};
  const auto host = this_host();
  if (!host) return Unexpected{host.error()};
  const auto entries = entries_of(*site);
  if (!entries) return Unexpected{entries.error()};
  auto sorted = sort_entries(*site, *entries, *host, context);
  if (!sorted) return Unexpected{sorted.error()};
  if (auto good = sign_all(sorted->requests, context); !good) return Unexpected{good.error()};
  if (auto good = forget(*site, sorted->over, context); !good) return Unexpected{good.error()};
  return std::move(sorted->requests);
}

// --- import
// The files that are meant, in a directory by name.
Expected<std::vector<std::string>, Trouble> files_of(const std::vector<std::string>& inputs) {
  std::vector<std::string> files;
  for (const std::string& input : inputs) {
    std::error_code error;
    if (input == "-" || !std::filesystem::is_directory(input, error)) {
      files.push_back(input);
      continue;
    }
    std::vector<std::string> inside;
    for (std::filesystem::directory_iterator at(input, error), end; !error && at != end; at.increment(error))
      if (std::error_code ignored; at->is_regular_file(ignored)) inside.push_back(at->path());
    if (error) return Unexpected{could_not(input + ": " + error.message())};
    std::ranges::sort(inside);
    std::ranges::move(inside, std::back_inserter(files));
  }
  return files;
}

Expected<std::vector<Request>, Trouble> requests_in(const std::string& file) {
  const auto text = read_input(file);
  if (!text) return Unexpected{could_not(text.error())};
  auto requests = parse_requests(as_text(*text));
  if (!requests)
    return Unexpected{
        refused(say(N_("{file}: is not what jpkictl card pending export writes; nothing of it was taken"),
                    {{"{file}", for_terminal(file, Lines::kOne)}}))};
  return std::move(*requests);
}

Expected<Unit, Trouble> take(const Request& request, const Site& site, const Context& context) {
  const auto lock = site.requests.lock();
  if (!lock) return Unexpected{could_not(lock.error())};
  const auto content = site.requests.read();
  if (!content) return Unexpected{could_not(content.error())};
  if (content->waiting.size() >= kMostRequests)
    return Unexpected{
        could_not(say(N_("more requests wait here than can; decide some: jpkictl card pending list")))};
  const auto certificate = check_request(request, site, *content, context);
  if (!certificate) return Unexpected{certificate.error()};
  const HeldSignals whole;
  if (auto added = site.requests.add(request); !added) return Unexpected{could_not(added.error())};
  return Unit{};
}

struct Report {
  Json json = Json::array();
  std::string text;
  ExitStatus status = ExitStatus::kGood;

  void worsen(ExitStatus other) {
    if (static_cast<int>(other) > static_cast<int>(status)) status = other;
  }
};

// What was not taken.
void report(Json one, const Trouble& trouble, const Context& context, Report& to) {
  one["result"] = trouble.status == ExitStatus::kBad ? "refused" : "could-not-tell";
  one["cause"] = trouble.text;
  one["code"] = trouble.verdict ? Json(code_of(*trouble.verdict)) : Json();
  fmt::print(context.err, "jpkictl: {}\n", trouble.text);
  to.worsen(trouble.status);
  to.json.push_back(std::move(one));
}

void report(const Request& request, const Expected<Unit, Trouble>& taken, const Context& context,
            Report& to) {
  const std::string id = id_of(request.name());
  Json one{{"id", id}, {"account", request.account}, {"host", request.host}};
  if (!taken) return report(std::move(one), taken.error(), context, to);
  to.text += say(N_("{account}: the card {id} waits for your decision; {host} asks for it"),
                 {{"{account}", for_terminal(request.account, Lines::kOne)},
                  {"{id}", id},
                  {"{host}", request.host}}) +
             "\n";
  one["result"] = "waiting";
  to.json.push_back(std::move(one));
}

}  // namespace

ExitStatus request_key(const RequestKeyOptions&, const Context& context) {
  if (::geteuid() != 0)
    return tell(could_not(say(N_("cards are registered by root; run it as root"))), context);
  const auto host = this_host();
  if (!host) return tell(host.error(), context);
  auto key = public_request_key(kRequestKey, context.trust);
  if (!key && key.error().reason == FileError::Reason::kMissing) {
    const HeldSignals whole;
    if (const auto made = make_request_key(kRequestKey); !made) return tell(could_not(made.error()), context);
    key = public_request_key(kRequestKey, context.trust);
  }
  if (!key) return tell(could_not(key.error().text), context);
  context.print(context.json ? print_json({{"host", *host}, {"public_key", *key}}) : *key);
  return ExitStatus::kGood;
}

ExitStatus export_pending(const RequestExportOptions&, const Context& context) {
  const auto requests = signed_requests(context);
  if (!requests) return tell(requests.error(), context);
  std::string text;
  Json json = Json::array();
  for (const Request& request : *requests) {
    text += spelled(request);
    json.push_back({{"id", id_of(request.name())}, {"account", request.account}, {"text", spelled(request)}});
  }
  context.print(context.json ? print_json({{"requests", std::move(json)}}) : text);
  return ExitStatus::kGood;
}

ExitStatus import_pending(const RequestImportOptions& options, const Context& context) {
  const auto site = open_site(context, {}, Use::kRead);
  if (!site) return tell(site.error(), context);
  const auto files = files_of(options.inputs);
  if (!files) return tell(files.error(), context);
  Report all;
  for (const std::string& file : *files) {
    const auto requests = requests_in(file);
    if (!requests) {
      report(Json{{"file", file}}, requests.error(), context, all);
      continue;
    }
    for (const Request& request : *requests) report(request, take(request, *site, context), context, all);
  }
  context.print(context.json ? print_json({{"requests", std::move(all.json)}}) : all.text);
  return all.status;
}

}  // namespace jpki::ctl::card

// SPDX-License-Identifier: LGPL-2.1-or-later
#include "testkit/ocsp/control.h"

#include <sstream>

#include <fmt/format.h>

namespace jpki::testocsp {

namespace {

constexpr Time kRevocation{std::chrono::sys_days(std::chrono::year(2026) / 1 / 1)};

std::string set_recipes(Responder& responder, std::istream& words) {
  std::deque<Recipe> recipes;
  for (std::string word; words >> word;) {
    auto recipe = parse_recipe(word);
    if (!recipe) return "error " + recipe.error();
    recipes.push_back(std::move(*recipe));
  }
  if (recipes.empty()) return "error answer needs a recipe; \"plain\" is the true one";
  responder.set_recipes(std::move(recipes));
  return "ok";
}

std::string set_status(Responder& responder, const std::string& verb, std::istream& words) {
  std::string who;
  words >> who;
  std::optional<Blob> status;
  if (verb == "unknown") status = unknown();
  if (verb == "revoke") {
    unsigned reason = 0;
    const bool told = static_cast<bool>(words >> reason);
    status = revoked(kRevocation, told ? std::optional(static_cast<std::uint8_t>(reason)) : std::nullopt);
  }
  if (responder.set_status(who, std::move(status))) return "ok";
  return "error " + who + ": neither a card of the tree nor a hexadecimal serial number";
}

std::string set_extension(Responder& responder, std::istream& words) {
  std::string who;
  std::string oid;
  std::string value;
  words >> who >> oid >> value;
  if (responder.carry(who, oid, value)) return "ok";
  return "error carry needs a card or serial number, an OID and hexadecimal octets";
}

std::string statistics(const Responder& responder) {
  const Statistics s = responder.statistics();
  return fmt::format("ok get={} post={} nonce={} sha1={} sha256={}", s.get, s.post, s.nonce, s.sha1,
                     s.sha256);
}

}  // namespace

std::string execute(Responder& responder, const std::string& line) {
  std::istringstream words(line);
  std::string verb;
  words >> verb;
  if (verb == "answer") return set_recipes(responder, words);
  if (verb == "revoke" || verb == "good" || verb == "unknown") return set_status(responder, verb, words);
  if (verb == "carry") return set_extension(responder, words);
  if (verb == "stats") return statistics(responder);
  if (verb == "reset") {
    responder.reset();
    return "ok";
  }
  return "error no such command: " + verb;
}

}  // namespace jpki::testocsp

// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The sections of jpki.toml that have a file of their own, and what their readers share. For config.cc.
#pragma once

#include "base/settings/strict_toml.h"
#include "validator/config/config.h"

#include <span>

namespace jpki::config {

using settings::TomlTable;

inline constexpr std::chrono::hours kMaxCrlAge{24 * 366};

void apply_revocation(TomlTable table, const FileTrust& trust, Config& config);  // with [[revocation.source]]
void apply_crl(TomlTable table, Config& config);                                 // one [[crl]]
void apply_seat(TomlTable table, Config& config);                                // one [[seat]]
void apply_token(TomlTable table, Config& config);                               // one [[token]]
void apply_ticket(TomlTable table, Config& config);
void apply_fetch(TomlTable table, Config& config);  // with [[fetch.rewrite]] and [fetch.tls]

// What complete_config() has against the section.
Expected<Unit, std::string> check_ticket(const TicketPolicy& ticket);
Expected<Unit, std::string> check_tokens(const Config& config);

// --- values ---------------------------------------------------------------------------------------------
bool is_absolute(const std::string& path);
// Lower-case letters, digits and hyphens: goes into logs and file names.
bool is_plain_name(const std::string& name);
// As jpki-fetch reads it, with one of `schemes`.
bool is_url(std::string_view url, std::span<const std::string_view> schemes);

void get_path(TomlTable& table, std::string_view key, std::string& out);
// Kinds of certificates that can log in; `kinds` when the key is absent.
std::vector<x509::Kind> get_login_kinds(TomlTable& table, std::string_view key,
                                        std::vector<x509::Kind> kinds);
// A name that none of `taken` has.
void get_name(TomlTable& table, std::string& out, std::span<const std::string> taken);
// At most kMaxResponders URLs with one of `schemes`, a host, and no user name.
void get_urls(TomlTable& table, std::string_view key, std::span<const std::string_view> schemes,
              std::vector<std::string>& out);

// A number of `Unit`s.
template <class Unit, class Duration>
void get_duration(TomlTable& table, std::string_view key, Duration& out, std::int64_t lowest,
                  std::int64_t highest) {
  std::int64_t count = std::chrono::duration_cast<Unit>(out).count();
  table.get(key, count, lowest, highest);
  out = Unit(count);
}

}  // namespace jpki::config

// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Config: /etc/jpki/jpki.toml and jpki.toml.d/*.toml. The shipped conf/jpki.toml documents every key; a test
// keeps the two lists equal.
#pragma once

#include "base/expected.h"
#include "base/safe_file.h"
#include "validator/card/seat.h"
#include "validator/card/token_rule.h"
#include "validator/config/self_registration_policy.h"
#include "validator/config/session_policy.h"
#include "validator/config/smartphone_policy.h"
#include "validator/config/succession_policy.h"
#include "validator/config/ticket_policy.h"
#include "validator/config/unlock_policy.h"
#include "validator/fetch/fetch_rules.h"
#include "validator/schedule/source_rule.h"
#include "validator/x509/kind.h"

#include <chrono>
#include <string>
#include <vector>

namespace jpki::config {

inline constexpr char kDefaultConfigFile[] = JPKI_SYSCONFDIR "/jpki.toml";

// One [[crl]]: what jpki-crl-refresh fetches into the CRL directory.
struct CrlDownload {
  std::string name;               // file name there, without ".crl"
  std::vector<std::string> urls;  // http, https, ldap; in order of preference
  std::string tls_trust;          // name in [fetch.tls]
  // Bytes that are taken before a signature is verified. A CRL of ten million entries has some 400 MB.
  std::uint64_t max_size = 512 << 20;
};

// Where the accounts of certificates come from.
enum class AccountSource {
  kFile,             // account_map_file
  kActiveDirectory,  // the snapshot of altSecurityIdentities; account_map_file may only agree
};

struct Config {
  std::vector<std::string> pkcs11_modules = {"opensc-pkcs11.so"};
  std::vector<std::string> module_files;  // what the modules read and write after their initialisation
  bool module_threads = false;            // whether they may run threads of their own
  std::vector<x509::Kind> login_kinds = {x509::Kind::kJpkiAuthentication};
  std::chrono::days expiry_notice{30};     // before notAfter; 0: nobody is told
  std::vector<x509::KindRule> kind_rules;  // in addition to the built-in JPKI ones
  std::string anchors_directory = JPKI_SYSCONFDIR "/anchors.d";
  std::string intermediates_directory = JPKI_SYSCONFDIR "/intermediates.d";  // CA certificates, not trusted
  std::string segment;  // which of [[revocation.source]] this terminal can reach
  std::vector<schedule::SourceRule>
      sources;  // load_config(): at least one; by default a "crl", round the clock
  std::vector<CrlDownload> crl_downloads;
  fetch::FetchRules fetch;
  std::string crl_directory = JPKI_STATEDIR "/revocation";           // *.crl: fetched, or dropped by an admin
  std::string crl_index_file = JPKI_STATEDIR "/revocation/crl.idx";  // compiled by jpki-crl-refresh
  std::string evidence_directory = JPKI_STATEDIR "/evidence";  // of the helper user: answers, revoked-memory
  std::chrono::seconds crl_max_age = std::chrono::hours(48);
  std::chrono::seconds clock_skew = std::chrono::minutes(5);
  AccountSource account_source = AccountSource::kFile;
  std::string account_map_file = JPKI_SYSCONFDIR "/accounts.map";
  std::string account_snapshots = JPKI_STATEDIR "/ad";  // directory that nss-ad-refresh writes
  std::vector<std::string> role_groups;                 // whose members role certificates log in to
  std::vector<std::string> role_accounts;               // the same with kFile: the accounts themselves
  std::string pseudonym_key_file = JPKI_SYSCONFDIR "/pseudonym.key";
  SessionPolicy session;
  std::vector<card::SeatRule> seats;    // in the order in which they are asked
  std::vector<card::TokenRule> tokens;  // the same
  UnlockPolicy unlock;
  TicketPolicy ticket;
  SuccessionPolicy succession;
  SelfRegistrationPolicy self_registration;
  SmartphonePolicy smartphone;
  std::vector<std::string> problems;  // of auxiliary files (holidays); logins go on without what they say
};

// Adds what one file says to `config`: later files replace values; tables in double brackets accumulate.
// Reads the holiday files and the time zones that it names. The error is "file:line: what; hint".
Expected<Unit, std::string> apply_config(std::string_view text, const std::string& file, Config& config,
                                         const FileTrust& trust = {});

// What only all files together can tell: are the names used in one place defined in another? Gives a
// configuration without sources the default one. load_config() ends with it.
Expected<Unit, std::string> complete_config(Config& config);

// Reads `path`, then the *.toml files of the directory `path` + ".d" in the order of their names (it may be
// absent).
Expected<Config, std::string> load_config(const std::string& path, const FileTrust& trust = {});

// Every URL that [[revocation.source]] and [[crl]] name: jpki-fetch may connect to their hosts.
std::vector<std::string> configured_urls(const Config& config);

}  // namespace jpki::config

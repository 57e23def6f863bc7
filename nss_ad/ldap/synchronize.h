// SPDX-License-Identifier: LGPL-2.1-or-later
//
// synchronize(): the directory as it is now. Only what changed is asked for where that is possible;
// everything at the first run, when another controller answers, when the settings changed, and every
// `full_every`, because what is deleted can be seen in no other way.
#pragma once

#include "nss_ad/ldap/credentials.h"
#include "nss_ad/ldap/state.h"

namespace jpki::ad::ldap {

// How far a step is; a total of 0 is unknown.
using Progress = std::function<void(const std::string& step, std::size_t done, std::size_t total)>;

struct Synchronized {
  State state;
  bool full = false;
  std::string why_full;     // empty: not full
  std::size_t objects = 0;  // read in this run
};

struct Request {
  const Settings& settings;
  const std::optional<State>& last;
  bool full = false;  // wanted by the administrator
  Time now{};
};

// Whether the state is what these settings ask for: realm, bases, filters.
bool is_of(const State& state, const Settings& settings);

// What came by another way than LDAP, to be kept; the next run by LDAP reads everything.
State state_of_file(const Settings& settings, Directory directory, Time now);

Expected<Synchronized, Error> synchronize(const Connection& connection, const Request& request,
                                          const Progress& progress);

// The controllers in turn until one has told all. The error is the first one's, with those of the others.
Expected<Synchronized, Error> synchronize_with_any(const Request& request, const Credentials& credentials,
                                                   const Random& random, const Progress& progress);

}  // namespace jpki::ad::ldap

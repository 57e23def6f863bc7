// SPDX-License-Identifier: LGPL-2.1-or-later
//
// refresh(): the story of one run of jpki-crl-refresh. Fetch, judge every file, keep the newest CRL of each
// series, write the next index. What is bad is told and changes nothing: the CRL of the last index stays
// until it is past its own limits.
#pragma once

#include "validator/config/config.h"
#include "validator/crl_refresh/download.h"
#include "validator/crl_refresh/offer.h"
#include "validator/fetch/fetcher.h"

namespace jpki::crl_refresh {

struct Setup {
  std::string crl_directory;
  std::string index_file;
  std::vector<config::CrlDownload> downloads;
  JudgeRules rules;
  FileTrust files;       // who must own files; the rest is replaced
  bool rebuild = false;  // take nothing from the last index, and yet go back behind none of its CRLs
  DownloadLimits limits = {};
};

// Without a `fetcher` nothing is fetched.
Report refresh(const Setup& setup, fetch::Fetcher* fetcher, const Progress& progress = {});

}  // namespace jpki::crl_refresh

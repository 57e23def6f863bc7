// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Links of trust: anchors, and what tells that a certificate is revoked.
#include "jpkictl/doctor/check_lines.h"
#include "jpkictl/doctor/file_rules.h"
#include "jpkictl/doctor/gather.h"
#include "jpkictl/doctor/links.h"

#include <algorithm>

#include <fmt/format.h>

namespace jpki::ctl::doctor {
namespace {

using Reason = fetch::FetchError::Reason;

// A timer of ours, and the service that it starts.
Finding judge_timer(const Facts& facts, const char* timer, const char* service) {
  if (!facts.units) return could_not_tell({N_("systemd does not answer")});
  const auto unit = [&](const char* name) {
    const auto found = facts.units->find(name);
    return found == facts.units->end() ? UnitState{} : found->second;
  };
  if (unit(timer).active != "active" || unit(timer).enabled != "enabled")
    return bad({N_("{unit} is not running"), {{"{unit}", timer}}},
               {fmt::format("systemctl enable --now {}", timer)});
  if (unit(service).active == "failed")
    return bad({N_("the last run of {unit} failed"), {{"{unit}", service}}},
               {fmt::format("systemctl restart {}", service),
                {N_("Why it failed: journalctl -u {unit}"), {{"{unit}", service}}}});
  return good({N_("{unit} is running"), {{"{unit}", timer}}});
}

Remedy remedy_of(const SourceAnswer& source, const std::string& proxy) {
  switch (*source.trouble) {
    case Reason::kNotStarted:
    case Reason::kHelper:
      return {"apt-get install --reinstall jpki-validator"};
    case Reason::kForbidden:
      return {{}, {N_("Add the host to hosts in [fetch] of jpki.toml.")}};
    case Reason::kTls:
      return {{},
              {N_("Compare the server's certificate with the file that tls of the source names in "
                  "[fetch.tls].")}};
    case Reason::kUnreachable:
    case Reason::kTimeout:
      break;
    case Reason::kStatus:
    case Reason::kTooLarge:
    case Reason::kProtocol:
      return {};
  }
  if (!proxy.empty())
    return {{},
            {N_("Check the proxy in [fetch] of jpki.toml, then the network up to {host}."),
             {{"{host}", source.host}}}};
  return {{},
          {N_("Check the network and the firewall up to {host}, then ask who runs that server."),
           {{"{host}", source.host}}}};
}

}  // namespace

Finding judge_anchors(const Facts& facts) {
  return judge_subject(
      facts,
      {.name = subject::kAnchors,
       .fine = {N_("they can be read")},
       .wrong = {N_("there is none, or one of them is wrong; that refuses every card")},
       .otherwise =
           {{},
            {N_("Correct what is shown, or add the CA: jpkictl anchor add CERT --name NAME --kind KIND")}},
       .warnings_count = true});
}

Finding judge_windows(const Facts& facts) {
  return judge_subject(facts,
                       {.name = subject::kWindows,
                        .fine = {N_("each kind of card has an anchor in force")},
                        .wrong = {N_("a kind of card has no anchor in force")},
                        .otherwise = {{},
                                      {N_("Add the CA's new generation (jpkictl anchor add), or correct "
                                          "accept_from and accept_until: jpkictl anchor list")}},
                        .warnings_count = true});
}

Finding judge_site_key(const Facts& facts) {
  const std::string key = shell_word(facts.site_key);
  Remedy remedy;
  if (facts.file(facts.site_key).kind == FileFact::Kind::kMissing)
    remedy = {
        fmt::format(
            "install -m 0640 -g {} /dev/null {} && head -c 32 /dev/urandom > {} && rm -rf {}/evidence/*",
            JPKI_HELPER_USER, key, key, JPKI_STATEDIR),
        {N_("If there is a copy of the key, put it back instead: a new one forgets which certificates were "
            "revoked.")}};
  else
    remedy.command = fmt::format("chown root:{0} {1} && chmod 0640 {1}", JPKI_HELPER_USER, key);
  return judge_subject(facts, {.name = subject::kSiteKey,
                               .fine = {N_("it is there, and no other user can read it")},
                               .wrong = {N_("it is missing or open to others; that refuses every card")},
                               .otherwise = std::move(remedy)});
}

Finding judge_memory(const Facts& facts) {
  return judge_subject(facts, {.name = subject::kRevokedMemory,
                               .fine = {N_("it can be read and written")},
                               .wrong = {N_("it cannot be used; that refuses every card")},
                               .otherwise = {"systemd-tmpfiles --create jpki.conf"}});
}

Finding judge_crl_index(const Facts& facts) {
  return judge_subject(
      facts, {.name = subject::kCrlIndex,
              .fine = {N_("they can be read")},
              .wrong = {N_("they are missing or damaged")},
              .otherwise = {"rm -f " JPKI_STATEDIR "/revocation/crl.idx && jpki-crl-refresh --rebuild"}});
}

Finding judge_crl_age(const Facts& facts) {
  return judge_subject(facts, {.name = subject::kCrlAge,
                               .fine = {N_("all of them count")},
                               .wrong = {N_("some are too old to count")},
                               .otherwise = {"jpki-crl-refresh -v"},
                               .warnings_count = true});
}

Finding judge_crl_timer(const Facts& facts) {
  return judge_timer(facts, kCrlTimer, kCrlService);
}

Finding judge_directory_timer(const Facts& facts) {
  if (!facts.directory.used) return good({N_("not needed: there is no ad.toml")});
  return judge_timer(facts, kDirectoryTimer, kDirectoryService);
}

Finding judge_service_hours(const Facts& facts) {
  if (facts.gap)
    return bad(
        {N_("from {from} to {until} no source is in service: nobody can log in by card"),
         {{"{from}", facts.gap->from_text}, {"{until}", facts.gap->until_text}}},
        {fmt::format(
             "mkdir -p {0}.d && printf '[[revocation.source]]\\nname = \"lists\"\\ntype = \"crl\"\\n' > "
             "{0}.d/zz-lists.toml",
             shell_word(facts.config_file)),
         {N_("Have CRLs decide when the servers are closed, or correct hours, weekdays and segment.")}});
  return judge_subject(facts, {.name = subject::kSources,
                               .fine = {N_("one is always in service")},
                               .wrong = {N_("none is in service")},
                               .warnings_count = true});
}

Finding judge_tls_anchors(const Facts& facts) {
  return judge_subject(facts,
                       {.name = subject::kTlsAnchors,
                        .fine = {N_("they can be read")},
                        .wrong = {N_("a file of [fetch.tls] cannot be used")},
                        .otherwise = {{}, {N_("Put the file there, or correct [fetch.tls] of jpki.toml.")}}});
}

Finding judge_source_answers(const Facts& facts) {
  for (const SourceAnswer& source : facts.sources) {
    if (!source.trouble || *source.trouble == Reason::kStatus || *source.trouble == Reason::kProtocol ||
        *source.trouble == Reason::kTooLarge)
      continue;  // who refuses an empty question answers
    return bad({N_("source {name} does not answer"), {{"{name}", source.name}}},
               remedy_of(source, facts.proxy), source.text);
  }
  if (facts.sources.empty()) return good({N_("none has to be asked now")});
  return good({N_("all that are in service answer")});
}

Finding judge_auxiliary(const Facts& facts) {
  Finding finding =
      judge_subject(facts, {.name = subject::kAuxiliary,
                            .fine = {N_("they can be read")},
                            .wrong = {N_("a file is passed over")},
                            .otherwise = {{}, {N_("Correct or replace the file that is shown.")}},
                            .warnings_count = true});
  // A file that is no certificate helps nobody: aside with it.
  const std::size_t end = finding.detail.find(": ");
  if (finding.state == State::kBad && finding.remedy.command.empty() && end != std::string::npos &&
      finding.detail.find(".d/") < end && finding.detail.starts_with('/'))
    finding.remedy.command = fmt::format("mv {} /var/tmp/", shell_word(finding.detail.substr(0, end)));
  return finding;
}

}  // namespace jpki::ctl::doctor

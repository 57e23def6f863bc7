// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpkictl validate CERT: reads what the command line names into a ValidationRequest.
#include "jpkictl/input_file.h"
#include "jpkictl/program.h"
#include "jpkictl/text.h"
#include "jpkictl/validation_text.h"
#include "validator/config/config.h"
#include "validator/installation.h"
#include "validator/revocation/file_memory.h"
#include "validator/revocation/pseudonym_key.h"
#include "validator/trust/certificate_file.h"
#include "validator/x509/classify.h"

#include <filesystem>
#include <memory>

#include <fmt/format.h>

namespace jpki::ctl {
namespace {

constexpr std::chrono::hours kNoLimit{24 * 366 * 100};

struct Options {
  std::string certificate;
  std::vector<std::string> untrusted;
  std::vector<std::string> anchors;
  std::vector<std::string> crls;
  std::vector<std::string> ocsp_responses;
  std::vector<std::string> policies;
  std::string time;
  std::string kind;
  bool explicit_policy = false;
  bool inhibit_mapping = false;
  bool inhibit_any = false;
  bool allow_sha1 = false;
  bool no_revocation = false;
  bool crl_all = false;
  bool show_names = false;
};

// The files of the command line, none of them decoded yet.
struct Inputs {
  std::vector<InputFile> certificate;  // one
  std::vector<InputFile> untrusted;
  std::vector<InputFile> anchors;
  std::vector<InputFile> crls;
  std::vector<InputFile> ocsp_responses;
};

Expected<Inputs, std::string> read_all(const Options& options) {
  Inputs inputs;
  const std::pair<std::vector<std::string>, std::vector<InputFile>*> all[] = {
      {{options.certificate}, &inputs.certificate},
      {options.untrusted, &inputs.untrusted},
      {options.anchors, &inputs.anchors},
      {options.crls, &inputs.crls},
      {options.ocsp_responses, &inputs.ocsp_responses}};
  for (const auto& [files, into] : all) {
    auto read = read_inputs(files);
    if (!read) return Unexpected{read.error()};
    *into = std::move(*read);
  }
  return inputs;
}

// The certificate itself: what does not decode is bad, what is not one certificate could not be told.
struct Undecodable {
  Verdict verdict;
  std::string why;
};

Expected<x509::Certificate, Undecodable> decode_target(const InputFile& file) {
  auto certificates = certificates_of(file);
  if (!certificates) return Unexpected{Undecodable{Verdict::kCertificateMalformed, certificates.error()}};
  if (certificates->size() != 1)
    return Unexpected{
        Undecodable{Verdict::kInternal,
                    file.name + ": contains more than one certificate; give the others with --untrusted"}};
  return std::move(certificates->front());
}

Expected<Unit, std::string> add_untrusted(const std::vector<InputFile>& files, ValidationRequest& request) {
  for (const InputFile& file : files) {
    auto certificates = certificates_of(file);
    if (!certificates) return Unexpected{certificates.error()};
    for (auto& certificate : *certificates) request.untrusted.push_back(std::move(certificate));
  }
  return Unit{};
}

// Anchors of the command line vouch for everything, only the options decide; but they are such as anchors.d
// could hold.
Expected<Unit, std::string> add_anchors(const std::vector<InputFile>& files, ValidationRequest& request) {
  for (const InputFile& file : files) {
    auto certificate = trust::decode_authority(file.content);
    if (!certificate) return Unexpected{"--anchor " + file.name + ": " + certificate.error()};
    request.anchors.push_back({std::filesystem::path(file.name).stem(), std::move(*certificate), {}, {}, {}});
    if (request.policy.kind) request.anchors.back().kinds.push_back(*request.policy.kind);
  }
  return Unit{};
}

Expected<Unit, std::string> add_evidence(Inputs& inputs, Evidence& evidence) {
  for (InputFile& file : inputs.crls) {
    const std::string name = file.name;
    auto der = der_of(std::move(file), "X509 CRL");
    if (!der) return Unexpected{der.error()};
    evidence.add_crl(name, std::move(*der));
  }
  for (InputFile& file : inputs.ocsp_responses) {
    auto der = der_of(std::move(file), "OCSP RESPONSE");
    if (!der) return Unexpected{der.error()};
    evidence.add_ocsp_response(std::move(*der));
  }
  return Unit{};
}

void use_index(const config::Config& config, const Context& context, Evidence& evidence) {
  FileTrust trust = context.trust;
  trust.secret = true;
  auto index = crl::CrlIndex::open(config.crl_index_file, trust);
  if (index) return evidence.use_index(std::move(*index));
  const bool missing = index.error().reason == FileError::Reason::kMissing;
  evidence.add_problem(missing ? Verdict::kRevocationUnknown : Verdict::kRevocationInvalid,
                       index.error().text);
}

// The memory of logins, and the directory that it lies in.
struct LoginMemory {
  LoginMemory(const std::string& path, Blob key) : directory(path, std::move(key)) {}
  revocation::EvidenceDirectory directory;
  std::optional<revocation::EvidenceDirectory> of_logins = directory.of_logins_if_any();
  revocation::FileMemory memory{of_logins ? *of_logins : directory, of_logins ? &directory : nullptr};
};

void use_memory(const config::Config& config, const Context& context, Evidence& evidence) {
  auto key = revocation::load_pseudonym_key(config.pseudonym_key_file, context.trust);
  const auto opened =
      std::make_shared<const LoginMemory>(config.evidence_directory, key ? std::move(*key) : Blob{});
  evidence.use_memory({opened, &opened->memory});
}

// As a login: the kind decides which anchors and policies count.
void apply_login_rules(const config::Config& config, ValidationRequest& request) {
  if (!request.policy.kind) request.login_kinds = config.login_kinds;
  const x509::Kind kind =
      request.policy.kind.value_or(x509::classify(request.certificate, request.kind_rules));
  if (request.policy.initial_policies.empty())
    request.policy.initial_policies = x509::policies_of(kind, request.kind_rules);
  request.policy.explicit_policy = true;
  request.policy.kind = kind;
}

Expected<Unit, std::string> apply_installation(const Options& options, const Context& context,
                                               ValidationRequest& request) {
  const auto config = config::load_config(context.config_file, context.trust);
  if (!config) return Unexpected{config.error()};
  request.kind_rules = config->kind_rules;
  std::vector<std::string> problems = config->problems;
  for (auto& certificate :
       trust::load_intermediates(config->intermediates_directory, problems, context.trust))
    request.untrusted.push_back(std::move(certificate));
  auto anchors = trust::load_trust_store(config->anchors_directory, context.trust);
  if (!anchors) return Unexpected{anchors.error()};
  request.anchors = std::move(*anchors);
  apply_login_rules(*config, request);
  request.evidence.crl_policy.max_age = config->crl_max_age;
  request.evidence.crl_policy.clock_skew = config->clock_skew;
  request.evidence.rules = config->sources;
  request.evidence.segment = config->segment;
  request.evidence.single_extension = config->succession.ocsp_extension;
  request.evidence.responders = load_responders(*config, problems, context.trust);
  context.warn(problems);
  if (request.revocation == Revocation::kNotAsked) return Unit{};
  if (options.crls.empty()) use_index(*config, context, request.evidence);
  use_memory(*config, context, request.evidence);
  return Unit{};
}

Expected<Unit, std::string> apply_rules(const Options& options, const Context& context,
                                        ValidationRequest& request) {
  request.policy.initial_policies = options.policies;
  for (const std::string& policy : options.policies)
    if (!x509::is_dotted_oid(policy))
      return Unexpected{fmt::format("--policy {}: must be a dotted OID", policy)};
  request.policy.explicit_policy = options.explicit_policy;
  request.policy.inhibit_mapping = options.inhibit_mapping;
  request.policy.inhibit_any = options.inhibit_any;
  request.policy.algorithms.allow_sha1 = options.allow_sha1;
  request.evidence.crl_policy.algorithms = request.policy.algorithms;
  request.evidence.ocsp_algorithms = request.policy.algorithms;
  request.when = context.now;
  if (!options.time.empty()) {
    const auto time = parse_time(options.time);
    if (!time) return Unexpected{"--time " + time.error()};
    request.when = *time;
  }
  if (!options.kind.empty()) {
    request.policy.kind = x509::kind_from(options.kind);
    if (!request.policy.kind)
      return Unexpected{
          fmt::format("--kind {}: not a kind of certificate; see kinds in anchors.d/README", options.kind)};
  }
  if (options.no_revocation) request.revocation = Revocation::kNotAsked;
  if (options.crl_all) request.revocation = Revocation::kCrlsOnly;
  return Unit{};
}

Expected<Unit, std::string> fill(const Options& options, Inputs& inputs, const Context& context,
                                 ValidationRequest& request) {
  if (auto applied = apply_rules(options, context, request); !applied) return applied;
  if (auto added = add_untrusted(inputs.untrusted, request); !added) return added;
  if (auto added = add_evidence(inputs, request.evidence); !added) return added;
  if (options.anchors.empty()) return apply_installation(options, context, request);
  request.evidence.crl_policy.max_age = kNoLimit;  // that of the installation; nextUpdate is still one
  return add_anchors(inputs.anchors, request);
}

ExitStatus run_validate(const Options& options, const Context& context) {
  auto inputs = read_all(options);
  if (!inputs) return context.could_not_tell(inputs.error());
  if (context.become_helper)
    if (auto became = context.become_helper(); !became)
      return context.could_not_tell("nothing was judged: root leaves that to another user, and " +
                                    became.error());
  ValidationReport report;
  Time when = context.now;
  if (auto target = decode_target(inputs->certificate.front())) {
    ValidationRequest request{.certificate = std::move(*target)};
    if (auto filled = fill(options, *inputs, context, request); !filled)
      return context.could_not_tell(filled.error());
    when = request.when;
    report = validate(request);
  } else if (target.error().verdict == Verdict::kCertificateMalformed) {
    report.verdict = Verdict::kCertificateMalformed;
    report.clause = target.error().why;
  } else {
    return context.could_not_tell(target.error().why);
  }
  context.print(context.json ? to_json(report, when, options.show_names)
                             : to_text(report, options.show_names));
  return status_of(report.verdict);
}

// One value at a time, so that files given after the options are not taken for more of them.
void add_files(const Command& command, const char* name, std::vector<std::string>& into, const char* help) {
  command.option(name, into, help).value_name("FILE").one_at_a_time();
}

void add_options(const Command& command, Options& options) {
  command.option("CERT", options.certificate, "The certificate, PEM or DER; - for standard input").required();
  add_files(command, "--untrusted", options.untrusted, "CA certificates that a path may use");
  add_files(
      command, "--anchor", options.anchors,
      "Trust anchors, used in place of the installation's; nothing else of the installation counts then");
  add_files(command, "--crl", options.crls, "CRLs, PEM or DER, used in place of the installation's index");
  add_files(command, "--ocsp", options.ocsp_responses,
            "OCSP responses, DER, used as the answers of the online sources in service");
  command.option("--time", options.time, "Decide as of this time, like 2027-04-01T00:00:00+09:00 (now)");
  command.option("--policy", options.policies, "Acceptable certificate policy")
      .value_name("OID")
      .one_at_a_time();
  command.flag("--explicit-policy", options.explicit_policy, "Require a valid policy (RFC 5280 6.1.1(f))");
  command.flag("--inhibit-mapping", options.inhibit_mapping, "Do not allow policy mapping (6.1.1(e))");
  command.flag("--inhibit-any", options.inhibit_any, "Ignore anyPolicy (6.1.1(g))");
  command.flag("--allow-sha1", options.allow_sha1, "Accept SHA-1 signatures; a login never does");
  command.option("--kind", options.kind, "Require this kind of certificate, like jpki-authentication");
  const auto no_revocation = command.flag("--no-revocation", options.no_revocation, "Check only the path");
  command.flag("--crl-all", options.crl_all, "Check every certificate by CRL, none by OCSP")
      .excludes(no_revocation);
  command.flag("--show-names", options.show_names, "Show the subjects' names, which identify people");
}

}  // namespace

void add_validate(const Command& jpkictl) {
  const auto [command, options] =
      jpkictl.add("validate", "Check a certificate as a login would", run_validate);
  add_options(command, *options);
}

}  // namespace jpki::ctl

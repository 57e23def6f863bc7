// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/anchor_commands.h"
#include "jpkictl/anchor_files.h"
#include "jpkictl/input_file.h"
#include "jpkictl/interruption.h"
#include "jpkictl/json.h"
#include "jpkictl/text.h"
#include "validator/config/config.h"
#include "validator/trust/certificate_file.h"
#include "validator/x509/signature.h"

#include <fmt/format.h>

namespace jpki::ctl {
namespace {

constexpr char kQuestion[] =
    "SHA-256 fingerprint of this CA certificate, typed from the official publication (not computed from the "
    "file):\n> ";

Expected<Blob, std::string> read_authority(const std::string& file) {
  const auto content = read_input(file);
  if (!content) return Unexpected{content.error()};
  auto der = trust::authority_der(*content);
  if (!der) return Unexpected{file + ": " + der.error()};
  return std::move(*der);
}

std::string rules_path(const NewAnchor& anchor, const std::string& directory) {
  return directory + '/' + anchor.name + ".toml";
}

// The anchor as the loader will see it, and beside the others; a store that cannot be loaded hinders nobody.
Expected<trust::Anchor, std::string> check_anchor(const NewAnchor& anchor, const std::string& file,
                                                  const std::string& directory, const FileTrust& trust) {
  auto certificate = trust::decode_authority(anchor.certificate);
  if (!certificate) return Unexpected{file + ": " + certificate.error()};
  if (!x509::check_public_key(certificate->subject_public_key_info(), {}))
    return Unexpected{file +
                      ": its key is too weak or uses an unsupported algorithm; no login would accept it"};
  auto checked = trust::decode_anchor(
      to_toml(anchor), rules_path(anchor, directory),
      [&](const std::string&) -> Expected<Blob, std::string> { return Blob(anchor.certificate); });
  if (!checked) return Unexpected{checked.error()};
  const auto others = trust::load_trust_store(directory, trust);
  if (const auto* const twin = others ? trust::twin_of(*checked, *others) : nullptr; twin != nullptr)
    return Unexpected{fmt::format(
        "this CA is already an anchor: {}; you would have to retire each of them; change {}/{}.toml instead",
        twin->name, directory, twin->name)};
  return checked;
}

// What the administrator wrote, and the certificate: read, not decoded.
Expected<NewAnchor, std::string> new_anchor(const AnchorAddOptions& options, const std::string& directory) {
  NewAnchor anchor;
  if (!is_anchor_name(options.name))
    return Unexpected{fmt::format("--name {}: letters, digits, '-', '_' and '.' only", options.name)};
  anchor.name = options.name;
  anchor.kinds = options.kinds;
  anchor.functions = options.functions;
  for (const auto& [option, text] : {std::pair{"--accept-from", &options.accept_from},
                                     std::pair{"--accept-until", &options.accept_until}}) {
    if (text->empty()) continue;
    if (const auto time = parse_time(*text, true); !time)
      return Unexpected{fmt::format("{} {}", option, time.error())};
  }
  anchor.accept_from = options.accept_from;
  anchor.accept_until = options.accept_until;
  auto certificate = read_authority(options.file);
  if (!certificate) return Unexpected{certificate.error()};
  anchor.certificate = std::move(*certificate);
  const auto fingerprint = trust::fingerprint_of(anchor.certificate);
  if (!fingerprint) return Unexpected{std::string("SHA-256 failed")};
  anchor.fingerprint = *fingerprint;
  if (auto free = is_free(directory, anchor.name); !free) return Unexpected{free.error()};
  if (auto good = trust::check_anchor_rules(to_toml(anchor), rules_path(anchor, directory)); !good)
    return Unexpected{good.error()};
  return anchor;
}

std::string description(const x509::Certificate& certificate) {
  return fmt::format(
      "The fingerprint matches. The certificate is:\n  subject     {}\n  issuer      {}\n"
      "  valid from  {}\n  valid to    {}\n",
      x509::to_ad_string(certificate.subject()), x509::to_ad_string(certificate.issuer()),
      time_text(certificate.not_before()), time_text(certificate.not_after()));
}

Json to_json(const std::string& name, const x509::Certificate& certificate) {
  return {{"result", "added"},
          {"name", name},
          {"subject", x509::to_ad_string(certificate.subject())},
          {"issuer", x509::to_ad_string(certificate.issuer())},
          {"valid_from", time_text(certificate.not_before())},
          {"valid_to", time_text(certificate.not_after())}};
}

}  // namespace

ExitStatus anchor_add(const AnchorAddOptions& options, const Context& context) {
  const auto config = config::load_config(context.config_file, context.trust);
  if (!config) return context.could_not_tell(config.error());
  const std::string& directory = config->anchors_directory;
  const auto anchor = new_anchor(options, directory);
  if (!anchor) return context.could_not_tell(anchor.error());

  std::string typed = options.sha256;
  if (typed.empty()) {
    auto answer = context.ask(kQuestion);
    if (!answer)
      return context.could_not_tell("there is no terminal to ask for the fingerprint; give it with --sha256");
    typed = std::move(*answer);
  }
  const auto fingerprint = trust::parse_fingerprint(typed);
  if (!fingerprint)
    return context.could_not_tell(
        "that is not a SHA-256 fingerprint (64 hexadecimal digits); nothing was written");
  if (*fingerprint != anchor->fingerprint) {
    (void)context.could_not_tell(
        "the fingerprint does not match this certificate; nothing was written. Compare what you typed with "
        "the official publication; if it is right, the file is not the CA's: get it again");
    return ExitStatus::kBad;
  }
  const auto checked = check_anchor(*anchor, options.file, directory, context.trust);
  if (!checked)
    return context.could_not_tell("the fingerprint matches, but nothing was written: " + checked.error());
  if (!context.json) context.print(description(checked->certificate));
  const HeldSignals whole;
  if (auto written = write_anchor(directory, *anchor); !written)
    return context.could_not_tell(written.error());
  if (context.json)
    context.print(print_json(to_json(anchor->name, checked->certificate)));
  else
    context.print(fmt::format("anchor {} was added; now run: jpkictl anchor list\n", anchor->name));
  return ExitStatus::kGood;
}

}  // namespace jpki::ctl

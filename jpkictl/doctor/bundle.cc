// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/doctor/bundle.h"

#include "base/atomic_file.h"
#include "jpkictl/doctor/file_text.h"
#include "jpkictl/doctor/program_output.h"
#include "jpkictl/doctor/report.h"
#include "jpkictl/doctor/settings_shown.h"
#include "jpkictl/interruption.h"
#include "jpkictl/private_directory.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace jpki::ctl::doctor {
namespace {

constexpr const char* kPackages[] = {"jpki-validator", "libpam-jpki",  "jpkictl",     "libnss-ad",
                                     "jpki-greeter",   "jpki-gdm",     "jpki-pkcs11", "opensc-pkcs11",
                                     "pcscd",          "libpcsclite1", "libp11-kit0", "libgnutls30",
                                     "libpam-runtime", "systemd",      "lightdm",     "linux-image-amd64"};

// `path` and the files of `path`.d, as load_config() reads them. Names of drop-ins are the site's own.
std::string settings_of(const std::string& path) {
  std::string text = settings_shown(text_of_file(path));
  std::vector<std::string> files;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(path + ".d", failed))
    if (entry.path().extension() == ".toml") files.push_back(entry.path());
  std::ranges::sort(files);
  for (std::size_t i = 0; i < files.size(); ++i)
    text += fmt::format("# drop-in {}\n{}", i + 1, settings_shown(text_of_file(files[i])));
  return text;
}

std::string packages() {
  std::vector<std::string> argv{"/usr/bin/dpkg-query", "--show",
                                "--showformat=${Package} ${Version} ${db:Status-Abbrev}\\n", "*"};
  const std::string all = output_of(argv).value_or("");
  std::string text = PACKAGE_STRING "\n";
  std::istringstream lines(all);
  for (std::string line; std::getline(lines, line);)
    if (std::ranges::find(kPackages, line.substr(0, line.find(' '))) != std::end(kPackages))
      text += line + "\n";
  return text + text_of_file("/etc/os-release");
}

std::string pam_lines(const Facts& facts) {
  std::string text;
  for (const PamLine& line : facts.pam)
    text += fmt::format("{}:{}: {} {} pam_jpki.so {}\n", line.file, line.line, line.facility, line.control,
                        fmt::join(line.options, " "));
  return text;
}

std::string files(const Facts& facts) {
  std::string text;
  for (const auto& [path, file] : facts.files)
    if (file.exists())
      text += fmt::format("{:04o} {}:{} {}\n", file.mode, file.owner, file.group, path);
    else
      text += fmt::format("- {}\n", path);
  return text;
}

std::string units(const Facts& facts) {
  if (!facts.units) return "systemd does not answer\n";
  std::string text;
  for (const auto& [name, unit] : *facts.units)
    text += fmt::format("{} {} {}\n", name, unit.active, unit.enabled);
  return text;
}

// What may leave the site: of a text of the log only the file and line that it begins with, of a server that
// does not answer neither its name nor its host, and no realm.
Finding shareable(Finding finding) {
  finding.detail = finding.detail.starts_with('/') ? finding.detail.substr(0, finding.detail.find(": ")) : "";
  if (finding.link == "source-answers") finding.seen.values.clear();
  if (finding.link == "source-answers") finding.remedy.advice.values.clear();
  if (finding.link == "ad-secret") finding.remedy.command.clear();
  return finding;
}

std::string shareable_json(std::vector<Finding> findings) {
  for (Finding& finding : findings) finding = shareable(std::move(finding));
  return print_json(json_of(findings, std::nullopt));
}

std::optional<std::string> archive_of(const Members& members, Time now) {
  const PrivateDirectory directory("doctor");
  if (directory.path().empty()) return std::nullopt;
  std::vector<std::string> argv{"/usr/bin/tar",
                                "--create",
                                "--file=-",
                                "--format=ustar",
                                "--owner=root:0",
                                "--group=root:0",
                                "--mode=0600",
                                fmt::format("--mtime=@{}", now.time_since_epoch().count()),
                                "--directory=" + directory.path(),
                                "--"};
  for (const auto& [name, content] : members) {
    std::ofstream file(directory.path() + "/" + name, std::ios::binary);
    file << content;
    if (!file.flush()) return std::nullopt;
    argv.push_back(name);
  }
  return output_of(argv);
}

}  // namespace

Members members_of(const Facts& facts, const std::vector<Finding>& findings) {
  return {{"findings.json", shareable_json(findings)},
          {"packages.txt", packages()},
          {"jpki.toml.txt", settings_of(facts.config_file)},
          {"ad.toml.txt", settings_of(JPKI_SYSCONFDIR "/ad.toml")},
          {"pam.d.txt", pam_lines(facts)},
          {"units.txt", units(facts)},
          {"files.txt", files(facts)}};
}

Expected<Unit, std::string> write_bundle(const std::string& path, const Members& members, Time now) {
  const HeldSignals held;
  const auto archive = archive_of(members, now);
  if (!archive) return Unexpected{std::string("tar could not make the archive; is /tmp full?")};
  auto file = AtomicFile::create(std::filesystem::absolute(path), 0600);
  if (!file) return Unexpected{file.error()};
  if (auto written =
          file->write({reinterpret_cast<const std::uint8_t*>(archive->data()), archive->size()}, 0);
      !written)
    return written;
  if (held.end_is_asked()) return Unexpected{std::string("interrupted; nothing was written")};
  return file->commit();
}

}  // namespace jpki::ctl::doctor

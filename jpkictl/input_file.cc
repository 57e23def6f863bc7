// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/input_file.h"

#include "base/unique_fd.h"
#include "base/whole_transfer.h"
#include "validator/trust/certificate_file.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include <fcntl.h>
#include <fmt/format.h>
#include <gnutls/gnutls.h>

namespace jpki::ctl {

Expected<Blob, std::string> read_input(const std::string& file) {
  const auto refuse = [&](std::string_view why) { return Unexpected{fmt::format("{}: {}", file, why)}; };
  UniqueFd opened;
  if (file != "-") opened.reset(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (file != "-" && !opened.valid()) return refuse(std::strerror(errno));
  const int fd = file == "-" ? STDIN_FILENO : opened.get();
  Blob content;
  std::size_t used = 0;
  for (;;) {
    content.resize(std::min(2 * used + 65536, kMaxInputSize + 1));
    const auto size = read_up_to(fd, std::span(content).subspan(used));
    if (!size) return refuse(std::strerror(errno));
    used += *size;
    if (used > kMaxInputSize) return refuse("too large");
    if (used < content.size()) break;
  }
  content.resize(used);
  if (content.empty()) return refuse("is empty");
  return content;
}

Expected<std::vector<InputFile>, std::string> read_inputs(const std::vector<std::string>& files) {
  std::vector<InputFile> inputs;
  for (const std::string& file : files) {
    auto content = read_input(file);
    if (!content) return Unexpected{content.error()};
    inputs.push_back({file, std::move(*content)});
  }
  return inputs;
}

Expected<std::vector<x509::Certificate>, std::string> certificates_of(const InputFile& file) {
  const auto found = trust::certificates_in(file.content);
  if (!found) return Unexpected{fmt::format("{}: {}", file.name, found.error())};
  std::vector<x509::Certificate> certificates;
  for (const Blob& der : *found) {
    auto certificate = x509::Certificate::decode(der);
    if (!certificate) return Unexpected{fmt::format("{}: {}", file.name, certificate.error())};
    certificates.push_back(std::move(*certificate));
  }
  return certificates;
}

Expected<std::vector<x509::Certificate>, std::string> read_certificates(const std::string& file) {
  auto content = read_input(file);
  if (!content) return Unexpected{content.error()};
  return certificates_of({file, std::move(*content)});
}

Expected<Blob, std::string> der_of(InputFile file, const std::string& label) {
  if (as_text(file.content).find("-----BEGIN") == std::string_view::npos) return std::move(file.content);
  const gnutls_datum_t pem{file.content.data(), static_cast<unsigned>(file.content.size())};
  gnutls_datum_t der{nullptr, 0};
  if (gnutls_pem_base64_decode2(label.c_str(), &pem, &der) != 0)
    return Unexpected{fmt::format("{}: contains no PEM block \"{}\"", file.name, label)};
  const std::unique_ptr<unsigned char, decltype(gnutls_free)> owner(der.data, gnutls_free);
  return to_blob({der.data, der.size});
}

}  // namespace jpki::ctl

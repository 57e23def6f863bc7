// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/doctor/file_text.h"

#include <fstream>
#include <sstream>

namespace jpki::ctl::doctor {

std::string text_of_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace jpki::ctl::doctor

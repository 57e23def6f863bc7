// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pam_jpki/call.h"

#include "pam_jpki/account.h"

#include <unistd.h>

namespace jpki::pam {
namespace {

Screen screen_of(const pam_handle_t* handle, const Options& options, int flags) {
  Screen screen = options.screen.value_or(
      jpki::pam::screen_of({.service = text_item(handle, PAM_SERVICE),
                            .terminal = text_item(handle, PAM_TTY),
                            .display = text_item(handle, PAM_XDISPLAY),
                            .silent = (static_cast<unsigned>(flags) & PAM_SILENT) != 0,
                            .typed_to = ::isatty(STDIN_FILENO) == 1}));
  if (options.quiet) screen.texts = screen.reasons = false;
  return screen;
}

}  // namespace

Call::Call(pam_handle_t* pam_handle, int flags, ParsedOptions parsed, const Installation& where)
    : handle(pam_handle),
      options(std::move(parsed.options)),
      installation(where),
      log(pam_handle, options.debug),
      translator(spoken_language(options.language, where.language), where.locale_dir),
      messages(translator),
      conversation(pam_handle, messages, screen_of(pam_handle, options, flags)) {
  for (const std::string& complaint : parsed.complaints) log.write(LogLevel::kError, complaint);
  if (translator.japanese_missing())
    log.write(LogLevel::kWarning,
              "Japanese is wanted, but this machine has no locale ja_JP.UTF-8; messages are in English; run: "
              "locale-gen "
              "ja_JP.UTF-8");
}

}  // namespace jpki::pam

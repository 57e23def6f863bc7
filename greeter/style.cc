// SPDX-License-Identifier: LGPL-2.1-or-later
#include "greeter/style.h"

#include <algorithm>

namespace jpki::greeter {
namespace {

// All that is not the size of the text, in proportion to it.
constexpr char kRules[] = R"(
.greeter, .greeter viewport, .greeter scrolledwindow { background: #ffffff; color: #101418; }
.greeter label { color: inherit; }
.greeter .bar { background: #12304f; color: #ffffff; padding: 0.55em 1em; }
.greeter .heading { font-size: 1.9em; font-weight: bold; color: #12304f; }
.greeter .holder { font-size: 1.5em; font-weight: bold; }
.greeter .account { font-size: 0.95em; color: #3a4450; }
.greeter .hint { font-size: 1.1em; }
.greeter .cause { font-size: 1.45em; font-weight: bold; }
.greeter .error { color: #8a0012; }
.greeter .step { font-size: 1.15em; }
.greeter .code { font-size: 1.1em; font-weight: bold; }
.greeter .marks { font-size: 1.7em; color: #12304f; }
.greeter .tries { font-size: 1.2em; font-weight: bold; }
.greeter .few { color: #8a0012; }
.greeter .card { font-size: 1.1em; }
.greeter .prompt { font-size: 1.15em; font-weight: bold; }
.greeter button { background: #ffffff; background-image: none; color: #12304f; border: 0.12em solid #12304f;
  border-radius: 0.3em; padding: 0.35em 1em; min-height: 1.5em; text-shadow: none; box-shadow: none; }
.greeter button:focus { outline: 0.16em solid #c25100; outline-offset: 0.1em; }
.greeter button:hover { background: #e3ebf4; color: #12304f; }
.greeter .bar button { background: #12304f; color: #ffffff; border: 0.1em solid #9db6d0; font-size: 0.85em; }
.greeter .bar button:focus { outline-color: #ffd75e; }
.greeter .bar button:hover { background: #1d4a78; color: #ffffff; }
.greeter .first { background: #12304f; color: #ffffff; font-weight: bold; }
.greeter .first:hover { background: #1d4a78; color: #ffffff; }
.greeter entry { font-size: 1.6em; color: #101418; background: #ffffff; background-image: none; border: 0.1em solid #3a4450;
  border-radius: 0.2em; padding: 0.15em 0.5em; min-height: 1.6em; box-shadow: none; caret-color: #101418; }
.greeter entry:focus { border: 0.14em solid #c25100; box-shadow: none; }
)";

constexpr int kLinesOnScreen = 36;
constexpr int kSmallest = 11;

}  // namespace

std::string style_sheet(int height) {
  const int size = std::max(kSmallest, height / kLinesOnScreen);
  return ".greeter { font-family: \"Noto Sans CJK JP\", \"IPAPGothic\", \"VL PGothic\", sans-serif; "
         "font-size: " +
         std::to_string(size) + "px; }" + kRules;
}

}  // namespace jpki::greeter

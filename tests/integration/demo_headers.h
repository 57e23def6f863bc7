// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The headers that most sources include, compiled once for `make install-demo`; no source includes this file.
#pragma once

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

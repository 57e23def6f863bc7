// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/fuzz/targets.h"
#include "validator/fetch/program/response_reader.h"

#include <algorithm>
#include <cstdlib>

namespace jpki::fuzz {
namespace {

constexpr std::size_t kMaxSize = 5000;

// Whether it is taken as a document, and how many bytes of it.
std::pair<bool, std::uint64_t> read(Bytes said, std::size_t piece) {
  fetch::FetchRequest request;
  request.alternatives = {{"http://host/", {}, {}}};
  request.max_size = kMaxSize;
  request.etag.assign(1, 'x');
  fetch::Response response({request, 0, -1, fetch::Document::Storage::kMemory, request.timeout}, "host:80");
  fetch::ResponseReader reader(response);
  while (!said.empty() && reader.more()) {
    const auto room = reader.room();
    if (room.empty()) std::abort();
    const std::size_t size = std::min({piece, said.size(), room.size()});
    std::ranges::copy(said.first(size), room.begin());
    reader.take(size);
    said = said.subspan(size);
  }
  if (reader.more()) reader.end();
  if (reader.more() || response.document().size() > kMaxSize) std::abort();
  return {!response.failed(), response.document().size()};
}

}  // namespace

// The first byte: how large the pieces are. An answer is the same in whatever pieces it comes.
void http(Bytes input) {
  if (input.empty()) return;
  const std::size_t piece = std::max<std::size_t>(input.front(), 1);
  const auto in_pieces = read(input.subspan(1), piece);
  const auto at_once = read(input.subspan(1), input.size());
  if (in_pieces.first != at_once.first) std::abort();
  if (at_once.first && in_pieces.second != at_once.second) std::abort();
}

}  // namespace jpki::fuzz

// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/fetch/program/response_reader.h"

#include <algorithm>
#include <cstring>
#include <limits>

// Boost 1.74 asserts that a last chunk comes in one piece, and copes when it does not.
#define BOOST_DISABLE_ASSERTS
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#include <boost/beast/http/basic_parser.hpp>
#pragma GCC diagnostic pop

namespace jpki::fetch {
namespace {

namespace http = boost::beast::http;
using boost::system::error_code;
using Text = boost::beast::string_view;

// What we return to the parser when the Response takes no more.
error_code stopped() {
  return boost::system::errc::make_error_code(boost::system::errc::operation_canceled);
}

// Boost has a code of its own for two lengths since some release after Debian 12's.
template <typename Code>
bool tells_two_lengths(const error_code& error) {
  if constexpr (requires { Code::multiple_content_length; }) return error == Code::multiple_content_length;
  return false;
}

Problem problem_of(const error_code& error, bool in_head) {
  if (!in_head) return Problem::kNotReceived;
  if (error == http::error::header_limit) return Problem::kHeaders;
  if (error == http::error::bad_content_length || error == http::error::bad_transfer_encoding ||
      tells_two_lengths<http::error>(error))
    return Problem::kLengths;
  return Problem::kNoHttp;
}

}  // namespace

class ResponseReader::Parser final : public http::basic_parser<false> {
 public:
  explicit Parser(Response& response) : response_(response) {
    header_limit(kMaxHeaderBytes);
    body_limit(std::numeric_limits<std::uint64_t>::max());  // Document has one
  }

  bool has_status() const { return head_.status != 0; }
  bool provisional() const { return Response::is_provisional(head_.status); }

 private:
  void on_request_impl(http::verb, Text, Text, int, error_code&) override {}
  void on_response_impl(int status, Text, int, error_code&) override { head_.status = status; }
  void on_field_impl(http::field name, Text, Text value, error_code&) override {
    if (is_header_done()) return;  // a trailer
    const std::string text(value.data(), value.size());
    if (name == http::field::content_length) head_.lengths.push_back(text);
    if (name == http::field::content_encoding) head_.content_encodings.push_back(text);
    if (name == http::field::transfer_encoding) head_.transfer_encodings.push_back(text);
    if (name == http::field::content_type && head_.content_type.empty()) head_.content_type = text;
    if (name == http::field::etag && head_.etag.empty()) head_.etag = text;
    if (name == http::field::last_modified && head_.last_modified.empty()) head_.last_modified = text;
  }
  void on_header_impl(error_code& error) override {
    if (!provisional() && !response_.take_head(head_)) error = stopped();
  }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(Text body, error_code& error) override {
    if (!response_.take_body(as_bytes({body.data(), body.size()}))) error = stopped();
    return body.size();
  }
  void on_chunk_header_impl(std::uint64_t, Text, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, Text body, error_code& error) override {
    return on_body_impl(body, error);
  }
  void on_finish_impl(error_code&) override {}

  Response& response_;
  ResponseHead head_;
};

ResponseReader::ResponseReader(Response& response)
    : response_(response), parser_(std::make_unique<Parser>(response)) {}

ResponseReader::~ResponseReader() = default;

void ResponseReader::stop(std::optional<Problem> problem) {
  if (problem && !response_.failed()) response_.fail(*problem);
  more_ = false;
}

// Told at once, not when the connection ends or the time is over.
bool ResponseReader::begins_as_http() const {
  constexpr std::string_view kBegin = "HTTP/1.";
  const auto text = as_text(Bytes(buffer_).first(std::min(used_, kBegin.size())));
  return kBegin.starts_with(text);
}

// How many of `bytes` the parser took; none: it needs more of them, or more() has become false.
std::size_t ResponseReader::parse(Bytes bytes) {
  const bool in_head = !parser_->is_header_done();
  parser_->eager(!in_head);  // else a head would be counted with what follows it
  error_code error;
  const std::size_t taken = parser_->put(boost::asio::buffer(bytes.data(), bytes.size()), error);
  if (error && error != http::error::need_more) {
    stop(problem_of(error, !parser_->is_header_done()));
    return 0;
  }
  if (in_head) head_bytes_ += taken;
  if (head_bytes_ > kMaxHeaderBytes) {
    stop(Problem::kHeaders);
  } else if (parser_->is_done() && parser_->provisional()) {
    parser_ = std::make_unique<Parser>(response_);
  } else if (parser_->is_done()) {
    stop();
  }
  return taken;
}

void ResponseReader::take(std::size_t size) {
  anything_ = true;
  used_ += size;
  if (!parser_->has_status() && !begins_as_http()) return stop(Problem::kNoHttp);
  std::size_t begin = 0;
  while (begin < used_) {
    const std::size_t taken = parse(Bytes(buffer_).first(used_).subspan(begin));
    if (!more_) return;
    if (taken == 0) break;
    begin += taken;
  }
  used_ -= begin;
  std::memmove(buffer_.data(), buffer_.data() + begin, used_);
  if (!parser_->is_header_done() && head_bytes_ + used_ >= kMaxHeaderBytes) return stop(Problem::kHeaders);
  if (used_ == buffer_.size()) stop(Problem::kNotReceived);
}

void ResponseReader::end() {
  if (!anything_) return stop(Problem::kNothing);
  if (!parser_->is_header_done()) return stop(Problem::kNoHttp);
  error_code error;
  parser_->put_eof(error);
  if (error) return stop(Problem::kBrokenOff);
  stop();
}

}  // namespace jpki::fetch

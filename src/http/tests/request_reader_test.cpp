#include "request_reader.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace herdflow::http {
namespace {

class RequestReaderTest : public testing::Test {
 protected:
  static std::vector<Route> Routes() {
    Route get;
    get.method = "GET";
    get.path = "/a/{b}";
    Route post;
    post.method = "POST";
    post.path = "/a";
    post.max_body_bytes = 100;
    return {get, post};
  }

  /// What comes out, as text, when the bytes arrive in pieces of this size.
  std::vector<std::string> Read(std::string_view bytes, std::size_t piece) {
    RequestReader reader(router_, limits_, access_);
    std::vector<std::string> out;
    while (!bytes.empty()) {
      const auto space = reader.Space();
      const std::size_t count = std::min({piece, space.size(), bytes.size()});
      if (count == 0) break;
      std::copy_n(bytes.begin(), count, space.begin());
      bytes.remove_prefix(count);
      reader.Filled(count);
      if (!TakeAll(reader, out)) break;
    }
    return out;
  }

  static bool TakeAll(RequestReader& reader, std::vector<std::string>& out) {
    for (;;) {
      auto outcome = reader.Next();
      if (std::holds_alternative<RequestReader::NeedMore>(outcome)) return true;
      if (const auto* refused = std::get_if<RequestReader::Refused>(&outcome)) {
        out.push_back(std::to_string(refused->response.status));
        if (!refused->framing.keep_alive) return false;
        continue;
      }
      const auto& request = std::get<RequestReader::Complete>(outcome).request;
      out.push_back(request.method + " " + request.path + " " + request.query + " " +
                    std::string(request.Header("x-TAG")) + " " + request.body);
    }
  }

  Router router_{Routes()};
  Limits limits_;
  Access access_;
};

TEST_F(RequestReaderTest, ReadsTheSameHoweverTheBytesAreCut) {
  const std::string bytes =
      "GET /a/1?x=y HTTP/1.1\r\nHost: localhost\r\nX-Tag: one\r\n\r\n"
      "\r\nPOST /a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello"
      "GET /none HTTP/1.1\r\nHost: localhost\r\n\r\n"
      "POST /a/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: "
      "chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"
      "DELETE /a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc";
  const std::vector<std::string> expected{"GET /a/1 x=y one ", "POST /a   hello", "404",
                                          "POST /a/   abc", "405"};
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    EXPECT_EQ(Read(bytes, piece), expected) << "in pieces of " << piece;
  }
}

TEST_F(RequestReaderTest, APathThatTakesNoBodySaysSo) {
  for (const std::string_view length :
       {"Content-Length: 1\r\n\r\nx", "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"}) {
    RequestReader reader(router_, limits_, access_);
    const std::string bytes = "GET /a/1 HTTP/1.1\r\nHost: localhost\r\n" + std::string(length);
    std::copy(bytes.begin(), bytes.end(), reader.Space().begin());
    reader.Filled(bytes.size());
    const auto outcome = reader.Next();
    const auto* refused = std::get_if<RequestReader::Refused>(&outcome);
    ASSERT_NE(refused, nullptr);
    EXPECT_EQ(refused->response.status, 413);
    EXPECT_NE(refused->response.body.find("This path takes no body."), std::string::npos);
  }
}

TEST_F(RequestReaderTest, AsksForContinueOnlyWhereTheBodyIsStillToCome) {
  RequestReader reader(router_, limits_, access_);
  const std::string_view head =
      "POST /a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n";
  std::copy(head.begin(), head.end(), reader.Space().begin());
  reader.Filled(head.size());
  EXPECT_TRUE(std::get<RequestReader::NeedMore>(reader.Next()).send_continue);
  EXPECT_FALSE(std::get<RequestReader::NeedMore>(reader.Next()).send_continue);
}

TEST_F(RequestReaderTest, AnOldClientGetsNothingBeforeItsAnswer) {
  RequestReader reader(router_, limits_, access_);
  const std::string_view head =
      "POST /a HTTP/1.0\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n";
  std::copy(head.begin(), head.end(), reader.Space().begin());
  reader.Filled(head.size());
  EXPECT_FALSE(std::get<RequestReader::NeedMore>(reader.Next()).send_continue);
}

TEST_F(RequestReaderTest, WhatComesBehindTheChunksIsNoHeader) {
  const std::string bytes =
      "POST /a HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
      "2\r\nab\r\n0\r\nX-Tag: late\r\n\r\nGET /a/1 HTTP/1.1\r\nHost: localhost\r\n\r\n";
  const std::vector<std::string> expected{"POST /a   ab", "GET /a/1   "};
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    EXPECT_EQ(Read(bytes, piece), expected) << "in pieces of " << piece;
  }
}

TEST_F(RequestReaderTest, ALastChunkThatIsTheFirstMayBeCutAnywhere) {
  for (const auto* rest : {"0\r\n\r\n", "0\r\nX-Tag: late\r\n\r\n"}) {
    const std::string bytes =
        std::string("POST /a HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n") +
        rest;
    for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
      EXPECT_EQ(Read(bytes, piece), std::vector<std::string>{"POST /a   "})
          << "in pieces of " << piece;
    }
  }
}

TEST_F(RequestReaderTest, AFoldedLineIsSeenHoweverTheBytesAreCut) {
  for (const char blank : {' ', '\t'}) {
    const std::string bytes = std::string("GET /a/1 HTTP/1.1\r\nHost: localhost\r\nX-Tag: a\r\n") +
                              blank + "b\r\n\r\nGET /a/1 HTTP/1.1\r\nHost: localhost\r\n\r\n";
    for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
      EXPECT_EQ(Read(bytes, piece), std::vector<std::string>{"400"}) << "in pieces of " << piece;
    }
  }
}

TEST_F(RequestReaderTest, TheHeadersLimitIsTheSameHoweverTheBytesAreCut) {
  limits_.header_bytes = 200;
  const std::string start = "GET /a/1 HTTP/1.1\r\nHost: localhost\r\nA: ";
  const std::string end = "\r\n\r\n";
  for (const std::size_t size :
       {std::size_t{199}, std::size_t{200}, std::size_t{201}, std::size_t{219}}) {
    const std::string bytes = start + std::string(size - start.size() - end.size(), 'a') + end;
    const auto* expected = size > limits_.header_bytes ? "431" : "GET /a/1   ";
    for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
      EXPECT_EQ(Read(bytes, piece), std::vector<std::string>{expected}) << size << " by " << piece;
    }
  }
}

TEST_F(RequestReaderTest, NoBytesBreakIt) {
  std::mt19937 random(7);
  const std::string_view words[] = {"GET ",
                                    "POST ",
                                    "/a/1",
                                    "/a",
                                    " HTTP/1.1",
                                    "\r\n",
                                    "Host: localhost",
                                    "Content-Length: ",
                                    "9",
                                    "Transfer-Encoding: chunked",
                                    "\r\n\r\n",
                                    "\0",
                                    "%",
                                    "Expect: 100-continue",
                                    "ffffffffffffffff"};
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes;
    for (auto count = random() % 24; count > 0; --count) {
      if (random() % 8 == 0) {
        bytes += static_cast<char>(random());
      } else {
        bytes += words[random() % std::size(words)];
      }
    }
    Read(bytes, 1 + random() % 40);
  }
}

}  // namespace
}  // namespace herdflow::http

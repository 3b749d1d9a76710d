#include "listing_by_stat.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <utility>

#include "ftpsfs/base/log.h"
#include "ftpsfs/ftp/classify.h"

namespace ftpsfs::ftp {

using base::Errc;
using base::Error;
using base::fail;
using base::OpContext;
using base::Result;
using base::Status;
using model::RemotePath;

namespace {

constexpr int kRestartAccepted = 350;

// vsftpd takes 15 digits for a number, and more for 0.
std::uint64_t unguessable_number() {
  std::random_device random;
  return std::uniform_int_distribution<std::uint64_t>(100'000'000'000'000, 999'999'999'999'999)(random);
}

bool names(const Reply& reply, std::uint64_t offset) {
  return reply.code == kRestartAccepted &&
         reply.text().find(fmt::format("({})", offset)) != std::string::npos;
}

class StatFlight {
 public:
  StatFlight(Session& session, const RemotePath& directory, Inquiry* inquiry, const OpContext& ctx)
      : session_(session), directory_(directory), inquiry_(inquiry), ctx_(ctx) {}

  Result<std::optional<FetchedListing>> run() {
    if (auto ok = send(); !ok) return fail(std::move(ok));
    const auto entered = session_.control().read_reply(limited());
    if (!entered) return std::unexpected(entered.error());
    const auto listed = read_listing();
    if (!listed) return out_of_step(listed.error());
    for (const std::uint64_t offset : {number_, std::uint64_t{0}}) {
      const auto accepted = session_.control().read_reply(limited());
      if (!accepted) return out_of_step(accepted.error());
      if (!names(*accepted, offset)) return out_of_step({Errc::protocol_error, {}, accepted->text()});
    }
    if (auto ok = take_answers(); !ok) return fail(std::move(ok));
    return settle(*entered, *listed);
  }

 private:
  OpContext limited() const { return ctx_.capped(session_.settings().reply_timeout); }

  Status send() {
    ControlConnection& control = session_.control();
    const std::array first{Command::cwd(directory_), Command::stat_all(), Command::rest(number_)};
    if (auto ok = control.send_in_one_record(first, Command::rest(0), limited()); !ok) return ok;
    if (inquiry_ == nullptr) return {};
    const std::span questions(inquiry_->questions);
    return control.send_in_one_record(questions.first(questions.size() - 1), questions.back(), limited());
  }

  Status take_answers() {
    if (inquiry_ == nullptr) return {};
    inquiry_->answers.clear();
    while (inquiry_->answers.size() < inquiry_->questions.size()) {
      auto answer = session_.control().read_reply(limited());
      if (!answer) return fail(std::move(answer));
      if (!answer->preliminary()) inquiry_->answers.push_back(std::move(*answer));
    }
    return {};
  }

  Result<Reply> read_listing() {
    return session_.control().read_reply_with_lines(
        [this](std::string_view line) { return parser_.feed(line); }, session_.settings().data_timeout, ctx_);
  }

  // Where the directory cannot be entered, STAT was about another one.
  Result<std::optional<FetchedListing>> settle(const Reply& entered, const Reply& listed) {
    if (entered.refused()) return std::unexpected(classify(Command::cwd(directory_), entered).error);
    if (!listed.completed()) session_.server().lacks_stat_listings = true;
    if (!listed.completed() || parser_.understood_lines() == 0) return std::nullopt;
    session_.server().learn_list_all(ListAll::always);
    return finish_listing(parser_, session_.server());
  }

  std::unexpected<Error> out_of_step(const Error& error) {
    if (error.code != Errc::protocol_error) return std::unexpected(error);
    session_.server().lacks_stat_listings = true;
    session_.give_up();
    base::log("ftp").info("the answer to STAT of {} does not end where it should: using LIST from now on",
                          base::printable(directory_.str()));
    return fail(Errc::connection_lost, "the server's replies are out of step after STAT", error.server_reply);
  }

  Session& session_;
  const RemotePath& directory_;
  Inquiry* const inquiry_;
  const OpContext& ctx_;
  const std::uint64_t number_ = unguessable_number();
  ListingParser parser_{ListingFormat::list, std::chrono::system_clock::now()};
};

}  // namespace

Result<std::optional<FetchedListing>> list_by_stat(Session& session, const RemotePath& directory,
                                                   Inquiry* inquiry, const OpContext& ctx) {
  const ServerKnowledge& server = session.server();
  const bool hopeless =
      server.lacks_stat_listings || server.one_at_a_time || server.list_all == ListAll::never;
  if (!server.is_vsftpd || hopeless) return std::nullopt;
  return StatFlight(session, directory, inquiry, ctx).run();
}

}  // namespace ftpsfs::ftp

#include "listing_by_stat.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "exact_entries.h"
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
  StatFlight(Session& session, const RemotePath& directory, StatQuestions also, const OpContext& ctx)
      : session_(session),
        directory_(directory),
        inquiry_(also.inquiry),
        asks_times_(also.times && !session.server().lacks_mdtm),
        ctx_(ctx),
        times_(directory) {}

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

  // The answers to the inquiry, and behind them those about times.
  Status take_answers() {
    if (inquiry_ != nullptr) {
      if (auto ok = take_answers(inquiry_->questions.size(), inquiry_->answers); !ok) return ok;
    }
    return take_answers(times_.asked(), told_times_);
  }

  Status take_answers(std::size_t count, std::vector<Reply>& answers) {
    answers.clear();
    while (answers.size() < count) {
      auto answer = session_.control().read_final_reply(limited());
      if (!answer) return fail(std::move(answer));
      answers.push_back(std::move(*answer));
    }
    return {};
  }

  Result<Reply> read_listing() {
    return session_.control().read_reply_with_lines(
        [this](std::string_view line) { return parser_.feed(line); }, [this] { return ask_for_times(); },
        session_.settings().data_timeout, ctx_);
  }

  Status ask_for_times() {
    while (asks_times_) {
      const auto questions = times_.next(parser_.entries());
      if (questions.empty()) break;
      const auto first = std::span(questions).first(questions.size() - 1);
      if (auto ok = session_.control().send_in_one_record(first, questions.back(), limited()); !ok) return ok;
    }
    return {};
  }

  // Where the directory cannot be entered, STAT was about another one.
  Result<std::optional<FetchedListing>> settle(const Reply& entered, const Reply& listed) {
    if (entered.refused()) return std::unexpected(classify(Command::cwd(directory_), entered).error);
    if (!listed.completed()) session_.server().lacks_stat_listings = true;
    if (!listed.completed() || parser_.understood_lines() == 0) return std::nullopt;
    session_.server().learn_list_all(ListAll::always);
    auto fetched = finish_listing(parser_, session_.server());
    if (!fetched) return fail(std::move(fetched));
    times_.take(session_.server(), fetched->entries, told_times_);
    return std::move(*fetched);
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
  const bool asks_times_;
  const OpContext& ctx_;
  const std::uint64_t number_ = unguessable_number();
  ListingParser parser_{ListingFormat::list, std::chrono::system_clock::now()};
  TimesAhead times_;
  std::vector<Reply> told_times_;
};

}  // namespace

Result<std::optional<FetchedListing>> list_by_stat(Session& session, const RemotePath& directory,
                                                   StatQuestions also, const OpContext& ctx) {
  const ServerKnowledge& server = session.server();
  const bool hopeless =
      server.lacks_stat_listings || server.one_at_a_time || server.list_all == ListAll::never;
  if (!server.is_vsftpd || hopeless) return std::nullopt;
  return StatFlight(session, directory, also, ctx).run();
}

}  // namespace ftpsfs::ftp

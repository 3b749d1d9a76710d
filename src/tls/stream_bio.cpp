#include "stream_bio.h"

#include <span>

namespace ftpsfs::tls {
namespace {

using net::IoState;

BioLink& link_of(BIO* bio) { return *static_cast<BioLink*>(BIO_get_data(bio)); }

// The common end of a read and a write: 1 with `*moved` set, or 0 with the retry flags that say why.
int report(BIO* bio, base::Result<net::IoStep> step, std::size_t* moved) {
  BioLink& link = link_of(bio);
  *moved = 0;
  if (!step) {
    link.error = std::move(step).error();
    return 0;
  }
  switch (step->state) {
    case IoState::done: *moved = step->bytes; return 1;
    case IoState::want_read: BIO_set_retry_read(bio); return 0;
    case IoState::want_write: BIO_set_retry_write(bio); return 0;
    case IoState::end_of_stream: link.ended = true; return 0;
  }
  return 0;
}

int read_bio(BIO* bio, char* out, std::size_t size, std::size_t* moved) {
  BIO_clear_retry_flags(bio);
  return report(bio, link_of(bio).lower->try_read(std::as_writable_bytes(std::span(out, size))), moved);
}

int write_bio(BIO* bio, const char* data, std::size_t size, std::size_t* moved) {
  BIO_clear_retry_flags(bio);
  return report(bio, link_of(bio).lower->try_write(std::as_bytes(std::span(data, size))), moved);
}

long control_bio(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_FLUSH) return 1;
  if (command == BIO_CTRL_EOF) return link_of(bio).ended ? 1 : 0;
  return 0;
}

const BIO_METHOD* stream_method() {
  static const BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "ftpsfs byte stream");
    BIO_meth_set_read_ex(made, &read_bio);
    BIO_meth_set_write_ex(made, &write_bio);
    BIO_meth_set_ctrl(made, &control_bio);
    return made;
  }();
  return method;
}

}  // namespace

BIO* make_stream_bio(BioLink& link) {
  BIO* bio = BIO_new(stream_method());
  if (bio == nullptr) return nullptr;
  BIO_set_data(bio, &link);
  BIO_set_init(bio, 1);
  return bio;
}

}  // namespace ftpsfs::tls

#include "link_emulator/network_end.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <exception>
#include <fstream>
#include <system_error>
#include <thread>

namespace ftpsfs::testing {

namespace {

constexpr const char* kDevice = "link0";
// The device's own queue must never be the one that drops: only the emulated one is counted.
constexpr int kDeviceQueue = 20'000;

[[noreturn]] void raise(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

base::UniqueFd opened(const char* file, int flags) {
  base::UniqueFd fd(open(file, flags | O_CLOEXEC));
  if (!fd) raise(std::string("cannot open ") + file);
  return fd;
}

ifreq request_for(const char* device) {
  ifreq request{};
  std::strncpy(request.ifr_name, device, IFNAMSIZ - 1);
  return request;
}

void control(int fd, unsigned long command, ifreq& request, const char* what) {
  if (ioctl(fd, command, &request) != 0) raise(what);
}

void set_address(int socket, unsigned long command, const std::string& address) {
  auto request = request_for(kDevice);
  sockaddr_in value{};
  value.sin_family = AF_INET;
  if (inet_pton(AF_INET, address.c_str(), &value.sin_addr) != 1) {
    errno = EINVAL;
    raise("not an IPv4 address: " + address);
  }
  std::memcpy(&request.ifr_addr, &value, sizeof value);
  control(socket, command, request, "cannot set the address of a TUN device");
}

void bring_up(int socket, const char* device) {
  auto request = request_for(device);
  control(socket, SIOCGIFFLAGS, request, "cannot ask for the flags of a device");
  request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
  control(socket, SIOCSIFFLAGS, request, "cannot bring a device up");
}

base::UniqueFd made_device(int mtu) {
  auto device = opened("/dev/net/tun", O_RDWR | O_NONBLOCK);
  auto request = request_for(kDevice);
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  control(device.get(), TUNSETIFF, request, "cannot make a TUN device");
  const base::UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket) raise("cannot open a socket");
  request = request_for(kDevice);
  request.ifr_mtu = mtu;
  control(socket.get(), SIOCSIFMTU, request, "cannot set the MTU of a TUN device");
  request = request_for(kDevice);
  request.ifr_qlen = kDeviceQueue;
  control(socket.get(), SIOCSIFTXQLEN, request, "cannot set the queue of a TUN device");
  return device;
}

// Router solicitations and the like would be counted as packets.
void turn_ipv6_off() { std::ofstream("/proc/sys/net/ipv6/conf/all/disable_ipv6") << "1\n"; }

}  // namespace

NetworkEnd::NetworkEnd(const std::string& own_address, const std::string& peer_address, int mtu) {
  std::exception_ptr failure;
  // Only this thread enters the new namespace, and the caller stays where it is.
  std::thread([&] {
    try {
      if (unshare(CLONE_NEWNET) != 0) raise("cannot make a network namespace (needs root)");
      namespace_ = opened("/proc/thread-self/ns/net", O_RDONLY);
      turn_ipv6_off();
      device_ = made_device(mtu);
      const base::UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
      if (!socket) raise("cannot open a socket");
      set_address(socket.get(), SIOCSIFADDR, own_address);
      set_address(socket.get(), SIOCSIFDSTADDR, peer_address);
      bring_up(socket.get(), "lo");
      bring_up(socket.get(), kDevice);
    } catch (...) {
      failure = std::current_exception();
    }
  }).join();
  if (failure) std::rethrow_exception(failure);
}

std::string NetworkEnd::namespace_path() const {
  return "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(namespace_.get());
}

}  // namespace ftpsfs::testing

#pragma once

#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

namespace herdflow::http {

/// How many connections there are, of whom, and which of them wait for nothing and may give way.
///
/// Threads: any.
class Connections {
 public:
  using Address = boost::asio::ip::address;
  using GiveWay = std::function<void()>;

 private:
  struct Idle {
    Address owner;
    GiveWay give_way;
    bool told = false;
  };

 public:
  /// `most`: one address has three quarters of them at most, so that nobody locks out all others.
  /// All have one address behind a proxy: hence a share that is large.
  explicit Connections(std::size_t most);

  /// A connection's place among them. Destroyed, it is free.
  class Place {
   public:
    Place(Connections& all, Address owner) : all_(&all), owner_(std::move(owner)) {}
    ~Place();
    Place(Place&& other) noexcept;
    Place& operator=(Place&&) = delete;
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    /// From now on it may be told to give way: once, from any thread, quickly.
    void BeIdle(GiveWay give_way);
    void BeBusy();
    [[nodiscard]] bool is_idle() const { return idle_.has_value(); }

   private:
    Connections* all_;
    Address owner_;
    std::optional<std::list<Idle>::iterator> idle_;
  };

  /// Room for one more, which an idle one may have to make; nothing where there is none.
  std::optional<Place> Enter(const Address& from);
  /// Tell an idle connection to give way, if there is one: of the address that has most of them the
  /// one that has been idle for longest.
  bool MakeRoom();

  /// True once none is left; false after `patience`.
  bool WaitForNone(std::chrono::milliseconds patience);

 private:
  /// REQUIRES: the lock.
  bool TellOne(const std::optional<Address>& of);
  void Leave(const Address& owner);

  const std::size_t most_, share_;
  std::mutex mutex_;
  std::condition_variable none_left_;
  std::size_t count_ = 0;
  std::map<Address, std::size_t> count_of_;
  std::list<Idle> idle_;  ///< Idle for longest first.
};

}  // namespace herdflow::http

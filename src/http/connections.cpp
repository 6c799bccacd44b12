#include "connections.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace herdflow::http {
namespace {

/// Whose connection it is: of an IPv6 network a client has all addresses.
Connections::Address OwnerOf(const Connections::Address& from) {
  if (!from.is_v6()) return from;
  const auto v6 = from.to_v6();
  if (v6.is_v4_mapped()) return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, v6);
  auto bytes = v6.to_bytes();
  std::fill(bytes.begin() + 8, bytes.end(), std::uint8_t{0});
  return boost::asio::ip::address_v6(bytes);
}

}  // namespace

Connections::Connections(std::size_t most) : most_(most), share_(most - most / 4) {}

Connections::Place::Place(Place&& other) noexcept
    : all_(std::exchange(other.all_, nullptr)),
      owner_(std::move(other.owner_)),
      idle_(std::exchange(other.idle_, std::nullopt)) {}

Connections::Place::~Place() {
  if (all_ == nullptr) return;
  BeBusy();
  all_->Leave(owner_);
}

void Connections::Place::BeIdle(GiveWay give_way) {
  const std::lock_guard lock(all_->mutex_);
  idle_ = all_->idle_.insert(all_->idle_.end(), {owner_, std::move(give_way)});
}

void Connections::Place::BeBusy() {
  if (!idle_) return;
  const std::lock_guard lock(all_->mutex_);
  all_->idle_.erase(*idle_);
  idle_.reset();
}

std::optional<Connections::Place> Connections::Enter(const Address& from) {
  const Address owner = OwnerOf(from);
  const std::lock_guard lock(mutex_);
  const auto known = count_of_.find(owner);
  if (known != count_of_.end() && known->second >= share_) {
    if (!TellOne(owner)) return std::nullopt;
  } else if (count_ >= most_ && !TellOne(std::nullopt)) {
    return std::nullopt;
  }
  ++count_;
  ++count_of_[owner];
  return std::optional<Place>(std::in_place, *this, owner);
}

bool Connections::MakeRoom() {
  const std::lock_guard lock(mutex_);
  return TellOne(std::nullopt);
}

bool Connections::TellOne(const std::optional<Address>& of) {
  auto chosen = idle_.end();
  std::size_t most = 0;
  for (auto idle = idle_.begin(); idle != idle_.end(); ++idle) {
    if (idle->told || (of && idle->owner != *of)) continue;
    const std::size_t count = count_of_[idle->owner];
    if (count <= most) continue;
    most = count;
    chosen = idle;
    if (of) break;
  }
  if (chosen == idle_.end()) return false;
  chosen->told = true;
  chosen->give_way();
  return true;
}

void Connections::Leave(const Address& owner) {
  const std::lock_guard lock(mutex_);
  const auto count = count_of_.find(owner);
  if (--count->second == 0) count_of_.erase(count);
  if (--count_ == 0) none_left_.notify_all();
}

bool Connections::WaitForNone(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  return none_left_.wait_for(lock, patience, [&] { return count_ == 0; });
}

}  // namespace herdflow::http

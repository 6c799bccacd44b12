#include "stop.hpp"

#include <semaphore.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <string_view>
#include <thread>

namespace herdflow::app {
namespace {

/// So that it has ended within 2 s.
constexpr std::chrono::milliseconds kTimeToEnd{1'500};
constexpr int kExitCode = 5;  // Of kShuttingDown (main.cpp).

std::atomic<bool> stop_asked{false};
static_assert(std::atomic<bool>::is_always_lock_free, "set in a signal handler");

sem_t asked;  // A signal handler may post it, but no more than that.
timer_t timer;
itimerspec time_to_end;

[[noreturn]] void EndNow(std::string_view why) {
  static_cast<void>(!write(STDERR_FILENO, why.data(), why.size()));
  _exit(kExitCode);  // As `kill -9` would: what was committed stays, all else never was.
}

void OnStopSignal(int) {
  if (stop_asked.exchange(true)) EndNow("herdflow: stopped at once, by a second signal\n");
  const int before = errno;  // Of whom it interrupts.
  timer_settime(timer, 0, &time_to_end, nullptr);
  sem_post(&asked);
  errno = before;
}

void OnTimeOver(int) {
  EndNow(
      "herdflow: stopped while it waited for something that does not answer; what was committed "
      "stays\n");
}

void Catch(int signal, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, nullptr);
}

}  // namespace

void SetTimeToEnd(std::chrono::milliseconds patience) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(patience);
  time_to_end.it_value.tv_sec = whole.count();
  time_to_end.it_value.tv_nsec = std::chrono::nanoseconds(patience - whole).count();
}

std::stop_token CatchStopSignals() {
  std::stop_source source;
  sem_init(&asked, 0, 0);
  std::thread([source]() mutable {
    while (sem_wait(&asked) != 0 && errno == EINTR) {
    }
    source.request_stop();
  }).detach();
  SetTimeToEnd(kTimeToEnd);
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGALRM;
  timer_create(CLOCK_MONOTONIC, &event, &timer);
  Catch(SIGALRM, OnTimeOver);
  Catch(SIGINT, OnStopSignal);
  Catch(SIGTERM, OnStopSignal);
  return source.get_token();
}

void SurviveFileLimits() { Catch(SIGXFSZ, SIG_IGN); }

}  // namespace herdflow::app

# shellcheck shell=bash
# What the scripts share. Source it with the repository's top folder as the working folder.

say() { printf '%s\n' "$*"; }
step() { printf '\n== %s\n' "$*"; }
warn() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

# die STATUS MESSAGE…
die() {
  local status=$1
  shift
  warn "$@"
  exit "$status"
}

has() { command -v "$1" >/dev/null 2>&1; }
has_terminal() { [[ -t 0 && -t 1 ]]; }

# confirm QUESTION: true for yes. Ask only where has_terminal is true.
confirm() {
  local answer
  read -r -p "$1 [y/N] " answer || return 1
  [[ $answer == [yY] || $answer == [yY][eE][sS] ]]
}

# as_root COMMAND…: by sudo where we are not root.
as_root() {
  if ((EUID == 0)); then
    "$@"
  else
    sudo "$@"
  fi
}

# long_work TITLE LOG COMMAND…: runs the command with its output in LOG, and shows that time goes by.
# When the command fails, the end of LOG is shown.
long_work() {
  local title=$1 log=$2 pid status=0
  shift 2
  mkdir -p "$(dirname "$log")"
  "$@" >"$log" 2>&1 </dev/null &
  pid=$!
  show_time_passing "$title" "$pid"
  wait "$pid" || status=$?
  if ((status != 0)); then
    warn "$title: failed (exit status $status). The end of $log:"
    tail -n 20 "$log" >&2
  fi
  return "$status"
}

# show_time_passing TITLE PID: until the process ends; a line that renews itself on a terminal, else a line a minute.
show_time_passing() {
  local title=$1 pid=$2 start=$SECONDS seconds
  [[ -t 1 ]] || say "$title …"
  while kill -0 "$pid" 2>/dev/null; do
    seconds=$((SECONDS - start))
    if [[ -t 1 ]]; then
      printf '\r%s … %d s ' "$title" "$seconds"
    elif ((seconds > 0 && seconds % 60 == 0)); then
      say "  … $seconds s"
    fi
    sleep 1
  done
  if [[ -t 1 ]]; then printf '\n'; fi
}

# build_jobs: how many compilers may run at once: one a core, but each may need a gigabyte of memory.
build_jobs() {
  local cores free_gb
  cores=$(nproc)
  free_gb=$(awk '/^MemAvailable:/ {print int($2 / 1048576)}' /proc/meminfo)
  if ((free_gb < 1)); then free_gb=1; fi
  echo $((cores < free_gb ? cores : free_gb))
}

# hash_of FILE…: one hash over names and contents.
hash_of() { sha256sum -- "$@" | sha256sum | cut -d ' ' -f 1; }

# --- What the suites that take long last passed with -------------------------------------------------------
# tests/passed: a line a suite, its name and the hash of its inputs. Run by hand when stale; CI reads it.

# passed_with SUITE: the hash of the inputs with which it last passed; empty where it never did.
passed_with() { awk -v suite="$1" '$1 == suite {print $2}' tests/passed 2>/dev/null; }

# note_passed SUITE HASH
note_passed() {
  { awk -v suite="$1" '$1 != suite' tests/passed 2>/dev/null || true; echo "$1 $2"; } | LC_ALL=C sort >tests/passed.new
  mv tests/passed.new tests/passed
}

# clang_tool NAME: the program of clang 16, which CI uses, or else the system's own version.
clang_tool() { command -v "$1-16" || command -v "$1"; }

# listener_of PORT: "INODE UID" of the first socket that listens on it; fails where there is none.
listener_of() {
  local hex
  printf -v hex ':%04X' "$1"
  cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
    awk -v port="$hex" '!found && $4 == "0A" && substr($2, length($2) - 4) == port {print $10, $8; found = 1} END {exit !found}'
}

# debian_archives: lines "URL SUFFIX" of the Debian archives that apt here uses; SUFFIX is '', -updates or -security.
debian_archives() {
  # shellcheck disable=SC2016 # apt-get fills in the names
  apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(ORIGIN)' 'Created-By: Packages' |
    awk '$3 == "Debian" && $2 ~ /^[a-z]+(-updates|-security)?$/ {sub(/^[a-z]+/, "", $2); print $1, $2}' | sort -u
}

# download_debs SUITE FOLDER PACKAGE…: packages of another Debian, with all that they depend on, as FOLDER/cache/archives/*.deb. By an apt that
# knows of that suite alone, and of no package installed: the system's apt, its lists and its packages stay as they are.
# STACK_MIRROR: the archive, where apt here uses none of Debian.
download_debs() {
  local suite=$1 place=$2 mirror apt
  mirror=${STACK_MIRROR:-$(debian_archives | awk 'NF == 1 && !found++ {print $1}')}
  [[ -n $mirror ]] || die 1 "fetching ${*:3}: apt here uses no archive of Debian; name one with STACK_MIRROR=URL"
  mkdir -p "$place"/{state/lists/partial,cache/archives/partial}
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" >"$place/sources.list"
  touch "$place/status"
  apt=(apt-get -q -o "Dir::State=$place/state" -o "Dir::State::status=$place/status" -o "Dir::Cache=$place/cache"
    -o "Dir::Etc::sourcelist=$place/sources.list" -o Dir::Etc::sourceparts=/dev/null
    -o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null -o APT::Default-Release=
    -o APT::Sandbox::User= -o Acquire::Languages=none
    -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false)
  "${apt[@]}" update && "${apt[@]}" install --yes --download-only --no-install-recommends "${@:3}"
}

# shellcheck shell=bash disable=SC2154 # caller_folder is a variable of the scripts
# What up, down, status and destroy share. Source it after scripts/lib.sh, with the repository's top folder as the
# working folder and caller_folder set.

# The servers are in no PATH of an ordinary user on Debian.
PATH=$PATH:/usr/sbin:/sbin

readonly all_parts=(kafka kafka3 mariadb mysql airflow adminer)
readonly wait_for_start=90 # seconds
readonly wait_for_start_of_airflow=300 # a minute of work for one core; four processes start at once
readonly wait_for_stop=60
readonly wait_for_goodbye=3
# What is fetched once, and shared by all folders.
cache=${STACK_CACHE:-$PWD/build/third_party}
folder=$PWD/build/stack
parts=()

# shellcheck source=deploy/local/tls.sh
source deploy/local/tls.sh
# shellcheck source=deploy/local/kafka.sh
source deploy/local/kafka.sh
# shellcheck source=deploy/local/databases.sh
source deploy/local/databases.sh
# shellcheck source=deploy/local/airflow.sh
source deploy/local/airflow.sh
# shellcheck source=deploy/local/adminer.sh
source deploy/local/adminer.sh

# --- Options -----------------------------------------------------------------------------------------------

wrong_usage() { die 2 "$* (deploy/local/${0##*/} --help shows how)"; }

# parse_options FLAG ARGUMENT…: sets folder and parts; FLAG is the one option the script has beside them, or ''.
parse_options() {
  local flag=$1 word
  shift
  flag_given=no
  while (($# > 0)); do
    case $1 in
      --folder)
        (($# > 1)) || wrong_usage '--folder needs a value'
        folder=$2
        shift
        ;;
      --folder=*) folder=${1#*=} ;;
      -h | --help) usage && exit 0 ;;
      -*)
        if [[ -n $flag && $1 == "$flag" ]]; then
          # shellcheck disable=SC2034 # the scripts read it
          flag_given=yes
        elif is_among "${1#--}" "${all_parts[@]}"; then
          add_part "${1#--}"
        else
          wrong_usage "unknown option: $1"
        fi
        ;;
      *) add_part "$1" ;;
    esac
    shift
  done
  [[ -n $folder ]] || wrong_usage '--folder needs a value'
  folder=$(from_caller "$folder")
  cache=$(from_caller "$cache")
  [[ ! -e $folder || -d $folder ]] || wrong_usage "--folder $folder is not a folder"
  for word in "$folder" "$cache"; do
    # The servers' own configuration files and scripts trip over anything else.
    [[ $word =~ ^[[:alnum:]/._+@~-]+$ ]] || wrong_usage "only letters, digits and / . _ + @ ~ - may be in the name of a folder: $word"
  done
}

add_part() {
  is_among "$1" "${all_parts[@]}" || wrong_usage "unknown part: '$1'; there are ${all_parts[*]}"
  is_among "$1" "${parts[@]}" || parts+=("$1")
}

is_among() {
  local word
  for word in "${@:2}"; do
    if [[ $word == "$1" ]]; then return 0; fi
  done
  return 1
}

# from_caller PATH: absolute, as the caller meant it.
from_caller() { (cd "$caller_folder" && realpath --canonicalize-missing -- "$1"); }

# --- Parts and their processes -----------------------------------------------------------------------------
# A part is one process, but kafka3 is three and airflow four. The files of process N are NAME.N there, and NAME elsewhere.

processes_of() {
  case $1 in
    kafka3) echo 1 2 3 ;;
    airflow) echo 1 2 3 4 ;;
    *) echo 0 ;;
  esac
}

# file_of PART NAME N
file_of() { if (($3 == 0)); then echo "$folder/$1/$2"; else echo "$folder/$1/$2.$3"; fi; }

# Only a folder that `up` made is used and removed.
is_made() { [[ -e $folder/$1/.stack ]]; }

made_parts() {
  local part
  for part in "${all_parts[@]}"; do
    if is_made "$part"; then echo "$part"; fi
  done
}

make_part() {
  is_made "$1" && return
  [[ ! -e $folder/$1 ]] || die 1 "$folder/$1 is there, but was not made by deploy/local/up: choose another --folder, or move it away"
  mkdir -p "$folder"
  mkdir -m 700 "$folder/$1"
  echo 'deploy/local/up made this folder, and deploy/local/destroy removes it.' >"$folder/$1/.stack"
}

# pid_of PART N: where the process runs. A pid that another program has by now is not ours.
pid_of() {
  local pid file
  if [[ $1 == airflow ]]; then
    pid_of_airflow "$2"
    return
  fi
  file=$(file_of "$1" pid "$2")
  [[ -e $file ]] && pid=$(<"$file") && [[ $pid =~ ^[0-9]+$ ]] &&
    grep -zqsF -- "$(file_of "$1" config "$2")" "/proc/$pid/cmdline" && echo "$pid"
}

pids_of() {
  local n
  for n in $(processes_of "$1"); do pid_of "$1" "$n" || true; done
}

runs() { [[ -n $(pids_of "$1") ]]; }
runs_whole() { (($(pids_of "$1" | wc -l) == $(processes_of "$1" | wc -w))); }

# read_file PART NAME: its line; nothing where there is no such file.
read_file() { if [[ -e $folder/$1/$2 ]]; then head -n 1 "$folder/$1/$2"; fi; }

# launch PART N COMMAND…: in a session of its own, so that no Ctrl-C of ours reaches it.
launch() {
  local log
  log=$(file_of "$1" log "$2")
  if [[ -e $log ]]; then mv -f "$log" "$log.old"; fi
  setsid "${@:3}" >"$log" 2>&1 </dev/null 8>&- &
  launched=$!
  echo "$launched" >"$(file_of "$1" pid "$2")"
}

# wait_until PART N CHECK…: until the process that launch started passes the check.
wait_until() {
  local part=$1 n=$2 pid start=$SECONDS longest=$wait_for_start
  if [[ $part == airflow ]]; then longest=$wait_for_start_of_airflow; fi
  pid=$(<"$(file_of "$part" pid "$n")")
  shift 2
  until "$@" >/dev/null; do
    kill -0 "$pid" 2>/dev/null || show_failure "$part" "$n" 'ended by itself while it started'
    ((SECONDS - start < longest)) || { kill -KILL "$pid" && show_failure "$part" "$n" "did not answer within $longest seconds and was ended"; }
    sleep 0.2
  done
}

show_failure() {
  local log
  log=$(file_of "$1" log "$2")
  warn "starting $1: the server (in $folder/$1) $3. The end of its log, $log:"
  tail -n 20 "$log" >&2
  exit 1
}

# signal_part PART SIGNAL
signal_part() {
  local pid
  for pid in $(pids_of "$1"); do kill "-$2" "$pid" 2>/dev/null || true; done
}

# A broker signs off with the controllers, of which two must run. The last of three that are stopped together may find
# none, and would wait for minutes; ended at once it loses nothing, as what it wrote is in its files.
lacks_quorum() { [[ $1 == kafka3 ]] && (($(pids_of "$1" | wc -l) < 2)); }

# stop_part PART SIGNAL
stop_part() {
  local part=$1 start=$SECONDS alone_since=$SECONDS
  signal_part "$part" "$2"
  while runs "$part"; do
    if ! lacks_quorum "$part"; then
      alone_since=$SECONDS
    elif ((SECONDS - alone_since >= wait_for_goodbye)); then
      signal_part "$part" KILL
    fi
    ((SECONDS - start < wait_for_stop)) ||
      die 1 "stopping $part: process $(pids_of "$part" | xargs) still runs after $wait_for_stop seconds; see the log in $folder/$part"
    sleep 0.1
  done
  if [[ $part == airflow ]]; then end_airflow_leftovers; fi
  forget_socket "$part"
  rm -f "$folder/$part"/{address{,.scram,.mutual},pid{,.1,.2,.3,.4}}
}

# --- Ports -------------------------------------------------------------------------------------------------

is_free() { ! listener_of "$1" >/dev/null; }

# Below the ports that the system hands out to clients, and in no order, so that two clones do not meet.
free_port() {
  local port
  for _ in {1..1000}; do
    port=$((20000 + RANDOM % 12000))
    if is_free "$port"; then
      echo "$port"
      return
    fi
  done
  die 1 'choosing a port: none of 1000 tried between 20000 and 32000 is free'
}

# choose_ports PART COUNT: sets ports to those it had before, where they are still free.
choose_ports() {
  local part=$1 port
  ports=()
  if [[ -e $folder/$part/ports ]]; then mapfile -t ports <"$folder/$part/ports"; fi
  for port in "${ports[@]}"; do
    if ! is_free "$port"; then
      say "$part: its port $port is in use by another program now; it gets a new one."
      ports=()
      break
    fi
  done
  while ((${#ports[@]} < $2)); do
    port=$(free_port)
    is_among "$port" "${ports[@]}" || ports+=("$port")
  done
  printf '%s\n' "${ports[@]}" >"$folder/$part/ports"
}

accepts() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# --- What is fetched ---------------------------------------------------------------------------------------

# fetch_once NAME IS_THERE FETCH: into the cache, which may be another's and not for us to write once all is there.
fetch_once() {
  "$2" && return
  mkdir -p "$cache"
  exec 9>"$cache/.$1.lock"
  flock 9
  "$2" || "$3"
  exec 9>&-
}

# --- One at a time -----------------------------------------------------------------------------------------

lock_folder() {
  mkdir -p "$folder" || die 1 "making the folder $folder failed: choose another with --folder"
  exec 8>"$folder/.lock"
  flock --nonblock 8 || { say "Another deploy/local command is at work in $folder: waiting for it …" && flock 8; }
}

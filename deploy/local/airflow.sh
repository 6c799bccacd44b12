# shellcheck shell=bash disable=SC2154 # folder, cache and ports are variables of lib.sh
# The part airflow: Apache Airflow with herdflow's pipelines, in four processes that share a SQLite file.

readonly airflow_package=deploy/airflow
readonly airflow_pins=("$airflow_package/requirements.txt" "$airflow_package/requirements-test.txt")
# One machine: logs are read as files, and the servers for them would listen on all interfaces.
readonly airflow_processes=('' api-server 'scheduler --skip-serve-logs' dag-processor 'triggerer --skip-serve-logs') # by their numbers

prepare_airflow() { fetch_once airflow has_airflow fetch_airflow; }

# A venv belongs to the Python that made it.
airflow_stamp() { echo "$(hash_of "${airflow_pins[@]}") $(python3 -c 'import sys; print(sys.version)' | tr '\n' ' ')"; }
has_airflow() { [[ -e $cache/airflow/.stamp && $(<"$cache/airflow/.stamp") == "$(airflow_stamp)" ]]; }

fetch_airflow() {
  local requirements=() file
  for file in "${airflow_pins[@]}"; do requirements+=(--requirement "$file"); done
  rm -rf "$cache/airflow"
  python3 -m venv "$cache/airflow"
  long_work 'Fetching Airflow (260 MB)' build/logs/airflow.log "$cache/airflow/bin/python" -m pip install \
    --disable-pip-version-check --no-compile --require-hashes --only-binary=:all: "${requirements[@]}" || exit 1
  airflow_stamp >"$cache/airflow/.stamp"
}

start_airflow() {
  local n numbers=() words here=$folder/airflow
  for n in $(processes_of airflow); do
    pid_of airflow "$n" >/dev/null || numbers+=("$n")
  done
  if runs airflow; then
    mapfile -t ports <"$here/ports"
  else
    choose_ports airflow 1
    write_airflow_secrets
    write_airflow_environment >"$here/environment"
    migrate_airflow
  fi
  # The scheduler comes last: a task that finds no API server fails.
  for n in 1 3 4 2; do
    is_among "$n" "${numbers[@]}" || continue
    if ((n == 2)); then wait_until airflow 1 version_of_airflow airflow; fi
    mkdir -p "$(airflow_folder "$n")"
    set_airflow_command "$(airflow_folder "$n")"
    read -ra words <<<"${airflow_processes[n]}"
    launch airflow "$n" "${airflow_command[@]}" airflow "${words[@]}"
  done
  wait_until airflow 1 version_of_airflow airflow
  for n in 2 3 4; do wait_until airflow "$n" airflow_is_well "${airflow_processes[n]%% *}"; done
  version_of_airflow airflow >"$here/version"
  echo "127.0.0.1:${ports[0]}" >"$here/address"
  say "Airflow's pages: http://127.0.0.1:${ports[0]} (user admin, password in $here/password)"
  if [[ ! -e $(in_airflow . printenv HERDFLOW_MANIFEST) ]]; then
    say "There are no pipelines yet: they come with the file $(in_airflow . printenv HERDFLOW_MANIFEST) (herdflow pipeline manifest --output FILE)."
  fi
}

# Once for each version of Airflow.
migrate_airflow() {
  local here=$folder/airflow
  if [[ -e $here/.migrated && $(<"$here/.migrated") == "$(airflow_stamp)" ]]; then return; fi
  long_work "Making Airflow's database" "$here/migrate.log" in_airflow . airflow db migrate || exit 1
  airflow_stamp >"$here/.migrated"
}

# Airflow's processes give themselves other names, so they are known by the folder that they stand in.
airflow_folder() { echo "$folder/airflow/process.$1"; }

pid_of_airflow() {
  local pid file
  file=$(file_of airflow pid "$1")
  [[ -e $file ]] && pid=$(<"$file") && [[ $pid =~ ^[0-9]+$ ]] && stands_in "$pid" "$(airflow_folder "$1")" && echo "$pid"
}

# stands_in PID FOLDER: and is no zombie, which stands nowhere.
stands_in() { [[ $(readlink "/proc/$1/cwd" 2>/dev/null) == "$2" ]]; }

# What is left of a process that was killed: tasks, and readers of DAGs.
end_airflow_leftovers() {
  local n entry
  for n in $(processes_of airflow); do
    for entry in /proc/[0-9]*; do
      if stands_in "${entry##*/}" "$(airflow_folder "$n")"; then kill -KILL "${entry##*/}" 2>/dev/null || true; fi
    done
  done
}

# set_airflow_command FOLDER: sets airflow_command to what goes before a command that runs there with Airflow's settings, and without
# those of the caller.
set_airflow_command() {
  # shellcheck disable=SC2016 # for the inner shell
  airflow_command=(env "--chdir=$1" bash -c 'unset ${!AIRFLOW*} ${!HERDFLOW*} && source "$0" && exec "$@"' "$folder/airflow/environment")
}

# in_airflow FOLDER COMMAND…
in_airflow() {
  local airflow_command
  set_airflow_command "$1"
  "${airflow_command[@]}" "${@:2}"
}

version_of_airflow() { ask_airflow "$1" version | sed -nE 's/.*"version":"([^"]+)".*/\1/p' | grep .; }

# airflow_is_well PROCESS: as it told the database lately.
airflow_is_well() { ask_airflow airflow monitor/health | grep -qE "\"${1//-/_}\":\{[^}]*\"status\":\"healthy\""; }

# ask_airflow PART PATH: the API server's answer. Once a second may do, hence no client that takes as long to start as to ask.
ask_airflow() {
  local port
  port=$(head -n 1 "$folder/$1/ports")
  # shellcheck disable=SC2016 # for the inner shell
  timeout 5 bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$0" && printf "GET /api/v2/%s HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n" "$1" >&3 && cat <&3' \
    "$port" "$2" 2>/dev/null
}

write_airflow_secrets() {
  write_secret password 24
  write_secret jwt-secret 64
  write_secret secret-key 64
  write_secret fernet-key 32
  printf '{"admin": "%s"}\n' "$(<"$folder/airflow/password")" >"$folder/airflow/passwords.json"
}

# write_secret NAME BYTES: in the base64 of addresses, which a Fernet key must be in.
write_secret() {
  [[ -s $folder/airflow/$1 ]] || head -c "$2" /dev/urandom | base64 -w 0 | tr '+/' '-_' >"$folder/airflow/$1"
}

# For a shell. What differs from deploy/airflow/airflow.env is what is of this machine.
write_airflow_environment() {
  local here=$folder/airflow line url=http://127.0.0.1:${ports[0]} connection
  while read -r line; do set_variable "${line%%=*}" "${line#*=}"; done < <(grep -E '^[A-Z]' $airflow_package/airflow.env)
  set_variable PATH "$cache/airflow/bin:$PATH"
  set_variable PYTHONPATH "$PWD/$airflow_package/src"
  set_variable NO_PROXY "127.0.0.1,localhost${NO_PROXY:+,$NO_PROXY}"
  set_variable no_proxy "127.0.0.1,localhost${no_proxy:+,$no_proxy}"
  set_variable AIRFLOW_HOME "$here/home"
  set_variable AIRFLOW__CORE__DAGS_FOLDER "$PWD/$airflow_package/dags"
  set_variable AIRFLOW__DATABASE__SQL_ALCHEMY_CONN "sqlite:///$here/airflow.db"
  set_variable AIRFLOW__API__HOST 127.0.0.1
  set_variable AIRFLOW__API__PORT "${ports[0]}"
  set_variable AIRFLOW__API__BASE_URL "$url"
  set_variable AIRFLOW__CORE__EXECUTION_API_SERVER_URL "$url/execution/"
  set_variable AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE "$here/passwords.json"
  set_variable AIRFLOW__API_AUTH__JWT_SECRET_CMD "cat $here/jwt-secret"
  set_variable AIRFLOW__API__SECRET_KEY_CMD "cat $here/secret-key"
  set_variable AIRFLOW__CORE__FERNET_KEY_CMD "cat $here/fernet-key"
  connection=${AIRFLOW_CONN_HERDFLOW_DEFAULT:-$(herdflow_connection)}
  set_variable AIRFLOW_CONN_HERDFLOW_DEFAULT "$connection"
  set_variable HERDFLOW_MANIFEST "$(from_caller "${HERDFLOW_MANIFEST:-$here/pipelines.json}")"
  if [[ -n ${HERDFLOW_WEBHOOK:-} ]]; then set_variable HERDFLOW_WEBHOOK "$HERDFLOW_WEBHOOK"; fi
}

# herdflow_connection: as JSON, where a token may have characters that an address may not.
herdflow_connection() {
  local token=
  printf '{"conn_type": "http", "host": "%s"' "${HERDFLOW_URL:-http://127.0.0.1:5000}"
  if [[ -n ${HERDFLOW_TOKEN_FILE:-} ]]; then
    read -r token <"$(from_caller "$HERDFLOW_TOKEN_FILE")" || [[ -n $token ]] ||
      die 1 "starting airflow: HERDFLOW_TOKEN_FILE=$HERDFLOW_TOKEN_FILE holds no token"
    token=${token%$'\r'}
    token=${token//\\/\\\\}
    printf ', "password": "%s"' "${token//\"/\\\"}"
  fi
  printf '}'
}

set_variable() { printf 'export %s=%q\n' "$1" "$2"; }

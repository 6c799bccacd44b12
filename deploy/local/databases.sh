# shellcheck shell=bash disable=SC2154 # folder, cache and ports are variables of lib.sh
# The part mariadb: the database server of the system's packages.

prepare_mariadb() { :; }

start_mariadb() {
  local data=$folder/mariadb/data server
  write_database_config mariadb
  if [[ ! -e $folder/mariadb/.formatted ]]; then
    rm -rf "$data"
    long_work 'Making the data folder of mariadb' "$folder/mariadb/format.log" mariadb-install-db --no-defaults \
      --auth-root-authentication-method=normal --skip-test-db --datadir="$data" "${as_user[@]}" || exit 1
    touch "$folder/mariadb/.formatted"
  fi
  server=$(command -v mariadbd) || die 1 'starting mariadb: there is no program mariadbd; run scripts/bootstrap stack'
  start_database mariadb "$server"
}

client_of_mariadb() { mariadb --no-defaults "$@"; }

# start_database PART COMMAND…
start_database() {
  launch "$1" 0 "${@:2}" --defaults-file="$folder/$1/config" "${as_user[@]}"
  wait_until "$1" 0 database_answers "$1"
  version_of_database "$1" >"$folder/$1/version"
  echo "127.0.0.1:${ports[0]}" >"$folder/$1/address"
}

database_answers() { version_of_database "$1" >/dev/null 2>&1; }

# version_of_database PART: asked of the server.
version_of_database() {
  MYSQL_PWD=$(read_file "$1" password) "client_of_$1" --protocol=socket --socket="$(read_file "$1" socket)" \
    --user=herdflow --connect-timeout=5 --batch --skip-column-names --execute='SELECT VERSION()'
}

# write_database_config PART LINE…: with its port, socket and password.
write_database_config() {
  local part=$1
  # Run by root, the servers insist on being told so.
  as_user=()
  if ((EUID == 0)); then as_user=(--user=root); fi
  choose_ports "$part" 1
  choose_socket "$part" >"$folder/$part/socket"
  # Made here and not by the server, so that it is there before anyone can connect.
  [[ -s $folder/$part/password ]] || head -c 24 /dev/urandom | base64 | tr '+/' 'Hf' >"$folder/$part/password"
  write_accounts "$part" >"$folder/$part/accounts.sql"
  {
    cat <<END
[mysqld]
datadir=$folder/$part/data
socket=$(read_file "$part" socket)
pid-file=$folder/$part/data/server.pid
init-file=$folder/$part/accounts.sql
port=${ports[0]}
bind-address=127.0.0.1
skip-name-resolve
skip-log-bin
innodb_flush_log_at_trx_commit=1
innodb_buffer_pool_size=512M
max_allowed_packet=64M
character-set-server=utf8mb4
END
    printf '%s\n' "${@:2}"
  } >"$folder/$part/config"
}

# The server runs these at each start, before it takes connections. A statement a line.
write_accounts() {
  local password
  password=$(read_file "$1" password)
  # mariadb-install-db makes others of root, without a password.
  if [[ $1 == mariadb ]]; then
    echo "DELETE FROM mysql.global_priv WHERE User = 'root' AND Host <> 'localhost';"
    echo 'FLUSH PRIVILEGES;'
  fi
  cat <<END
CREATE USER IF NOT EXISTS 'herdflow'@'%' IDENTIFIED BY '$password';
GRANT ALL PRIVILEGES ON *.* TO 'herdflow'@'%' WITH GRANT OPTION;
ALTER USER 'root'@'localhost' IDENTIFIED BY '$password';
END
}

# choose_socket PART: beside the data, unless that is longer than the 107 bytes a socket's path may have.
choose_socket() {
  local socket=$folder/$1/server.sock
  if ((${#socket} > 100)); then socket=$(mktemp -d "${TMPDIR:-/tmp}/stack.XXXXXX")/server.sock; fi
  echo "$socket"
}

# forget_socket PART: the file, and the folder that choose_socket made for it elsewhere.
forget_socket() {
  local socket
  socket=$(read_file "$1" socket)
  rm -f "$folder/$1/socket"
  if [[ $socket == */stack.??????/server.sock && $socket != "$folder"/* ]]; then rm -rf "${socket%/*}"; fi
}

# shellcheck shell=bash disable=SC2154 # folder, cache and ports are variables of lib.sh
# The parts mariadb, of the system's packages, and mysql, of Debian's unstable.

prepare_mariadb() { :; }

start_mariadb() {
  local data=$folder/mariadb/data server
  write_database_config mariadb
  if [[ ! -e $folder/mariadb/.formatted ]]; then
    rm -rf "$data"
    long_work 'Making the data folder of mariadb' "$folder/mariadb/format.log" env TMPDIR="$folder/mariadb/tmp" \
      mariadb-install-db --no-defaults --auth-root-authentication-method=normal --skip-test-db --datadir="$data" "${as_user[@]}" || exit 1
    touch "$folder/mariadb/.formatted"
  fi
  server=$(command -v mariadbd) || die 1 'starting mariadb: there is no program mariadbd; run scripts/bootstrap stack'
  start_database mariadb "$server"
}

# MySQL is in no stable Debian. That of unstable is unpacked, with the libraries it needs, into a folder of its own, and runs from
# there by the loader of that folder: nothing is installed in the system, and neither root nor a chroot is needed.
prepare_mysql() {
  fetch_once mysql has_mysql fetch_mysql
  check_mysql_version
}

has_mysql() { [[ -e $cache/mysql-root/.complete ]]; }

fetch_mysql() {
  local root=$cache/mysql-root work=$cache/mysql-root.work
  rm -rf "$root" "$work"
  long_work 'Fetching MySQL (60 MB)' build/logs/mysql.log download_debs sid "$work" mysql-server-core || exit 1
  long_work 'Unpacking it' build/logs/mysql-unpack.log unpack "$work/cache/archives" "$root" || exit 1
  rm -rf "$work"
  touch "$root/.complete"
}

# unpack FOLDER TO: its packages.
unpack() {
  local package
  mkdir "$2"
  for package in "$1"/*.deb; do dpkg-deb -x "$package" "$2" || return; done
}

# Unstable moves on. What herdflow is tried with: the long-term lines 8.4 and 9.7, and what lies between.
check_mysql_version() {
  local version mysqld
  set_mysqld
  version=$("${mysqld[@]}" --no-defaults --version) || die 1 "MySQL in $cache/mysql-root does not run here: remove that folder, and it is fetched again"
  [[ $version =~ Ver\ (8\.[4-9]|9\.)[0-9.]* ]] ||
    die 1 "MySQL in $cache/mysql-root is of a version that herdflow is not tried with (8.4 to 9.x): $version." \
      'Use a folder with an older one by STACK_CACHE=FOLDER, or try herdflow with this one and let check_mysql_version in deploy/local/databases.sh pass it.'
}

# set_mysqld: sets mysqld to the command that starts it.
set_mysqld() {
  local libraries
  libraries=$cache/mysql-root/usr/lib/$(uname -m)-linux-gnu
  # The configuration of this system's OpenSSL is not for the one in there.
  mysqld=(env OPENSSL_CONF=/dev/null "$libraries"/ld-linux-*.so.* --library-path "$libraries" "$cache/mysql-root/usr/sbin/mysqld")
}

start_mysql() {
  local usr=$cache/mysql-root/usr mysqld
  set_mysqld
  write_database_config mysql "basedir=$usr" "lc-messages-dir=$usr/share/mysql" "plugin-dir=$usr/lib/mysql/plugin" \
    "character-sets-dir=$usr/share/mysql/charsets" secure-file-priv=NULL mysqlx=0 performance_schema=OFF
  if [[ ! -e $folder/mysql/.formatted ]]; then
    rm -rf "$folder/mysql/data"
    long_work 'Making the data folder of mysql' "$folder/mysql/format.log" "${mysqld[@]}" \
      --defaults-file="$folder/mysql/config" "${as_user[@]}" --initialize-insecure || exit 1
    touch "$folder/mysql/.formatted"
  fi
  start_database mysql "${mysqld[@]}"
}

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
  MYSQL_PWD=$(read_file "$1" password) mariadb --no-defaults --protocol=socket --socket="$(read_file "$1" socket)" \
    --user=herdflow --connect-timeout=5 --batch --skip-column-names --execute='SELECT VERSION()'
}

# write_database_config PART LINE…: with its port, socket and password.
write_database_config() {
  local part=$1
  # Run by root, the servers insist on being told so.
  as_user=()
  if ((EUID == 0)); then as_user=(--user=root); fi
  choose_ports "$part" 1
  forget_socket "$part" # what a killed server left would keep MySQL from starting
  choose_socket "$part" >"$folder/$part/socket"
  # Made here and not by the server, so that it is there before anyone can connect.
  make_password "$part"
  make_certificates "$part"
  write_accounts "$part" >"$folder/$part/accounts.sql"
  # A server that starts empties this folder of what looks like its tables, whosever they are.
  mkdir -p "$folder/$part/tmp"
  {
    cat <<END
[mysqld]
datadir=$folder/$part/data
socket=$(read_file "$part" socket)
pid-file=$folder/$part/data/server.pid
tmpdir=$folder/$part/tmp
init-file=$folder/$part/accounts.sql
port=${ports[0]}
bind-address=127.0.0.1
skip-name-resolve
skip-log-bin
innodb_flush_log_at_trx_commit=1
innodb_buffer_pool_size=512M
max_allowed_packet=64M
character-set-server=utf8mb4
ssl-ca=$folder/$part/tls/ca.pem
ssl-cert=$folder/$part/tls/server.pem
ssl-key=$folder/$part/tls/server.key
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

# forget_socket PART: the socket, and the folder that choose_socket made for it elsewhere.
forget_socket() {
  local socket
  socket=$(read_file "$1" socket)
  rm -f "$folder/$1"/{socket,server.sock,server.sock.lock}
  if [[ $socket == */stack.??????/server.sock && $socket != "$folder"/* ]]; then rm -rf "${socket%/*}"; fi
}

#!/usr/bin/env bash
# At the first start: makes the database, the users of the variables, and runs the files of /docker-entrypoint-initdb.d.
set -euo pipefail
readonly usr=/opt/mysql/usr accounts=/tmp/accounts.sql
libraries=$usr/lib/$(uname -m)-linux-gnu
mysqld=(env OPENSSL_CONF=/dev/null "$libraries"/ld-linux-*.so.* --library-path "$libraries" "$usr/sbin/mysqld" --no-defaults --user=mysql
  --basedir="$usr" --lc-messages-dir="$usr/share/mysql" --plugin-dir="$usr/lib/mysql/plugin" --character-sets-dir="$usr/share/mysql/charsets"
  --datadir=/var/lib/mysql --socket=/tmp/mysqld.sock --pid-file=/tmp/mysqld.pid --secure-file-priv=NULL --mysqlx=0)
if [[ ! -e /var/lib/mysql/mysql.ibd ]]; then
  "${mysqld[@]}" --initialize-insecure
  {
    echo "ALTER USER 'root'@'localhost' IDENTIFIED BY '$(<"$MYSQL_ROOT_PASSWORD_FILE")';"
    echo "CREATE USER '$MYSQL_USER'@'%' IDENTIFIED BY '$(<"$MYSQL_PASSWORD_FILE")';"
    grep -hv '^--' /docker-entrypoint-initdb.d/*.sql
  } >$accounts
  chown mysql $accounts
  set -- "$@" --init-file=$accounts
fi
exec "${mysqld[@]}" "$@"

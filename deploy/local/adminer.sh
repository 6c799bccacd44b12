# shellcheck shell=bash disable=SC2154 # folder and ports are variables of lib.sh
# The part adminer: a page to look at the databases with, under PHP's own server.

prepare_adminer() {
  [[ -e /usr/share/adminer/adminer.php ]] ||
    die 1 "preparing adminer: there is no /usr/share/adminer/adminer.php; run scripts/bootstrap stack"
}

start_adminer() {
  local here=$folder/adminer
  choose_ports adminer 1
  mkdir -p "$here"/{site,sessions}
  # Debian's own settings where there are some: they keep Adminer from asking its author for newer versions.
  # shellcheck disable=SC2016 # of PHP
  echo '<?php include is_file("/etc/adminer/conf.php") ? "/etc/adminer/conf.php" : "/usr/share/adminer/adminer.php";' >"$here/site/index.php"
  printf '%s\n' "session.save_path = \"$here/sessions\"" 'expose_php = off' >"$here/config"
  launch adminer 0 php -c "$here/config" -S "127.0.0.1:${ports[0]}" -t "$here/site"
  wait_until adminer 0 version_of_adminer adminer
  version_of_adminer adminer >"$here/version"
  echo "127.0.0.1:${ports[0]}" >"$here/address"
}

# version_of_adminer PART: as its page tells it.
version_of_adminer() { ask_adminer "$1" | grep -oE 'class=.version.>[0-9.]+' | grep -oE '[0-9.]+$'; }

ask_adminer() {
  # shellcheck disable=SC2016 # for the inner shell
  timeout 5 bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$0" && printf "GET / HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n" >&3 && cat <&3' \
    "$(head -n 1 "$folder/$1/ports")" 2>/dev/null
}

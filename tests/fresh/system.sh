# shellcheck shell=bash disable=SC2154 # suite, cache and root are variables of the scripts
# A bare Debian by debootstrap, and this machine's configuration of apt, pip and npm in it. Source it after
# scripts/lib.sh, with the repository's top folder as the working folder.
#
# suite   bookworm or trixie
# cache   a folder: the bare system is made once, as cache/base
# root    the copy of it that is configured

# archives: of Debian, as lines "URL SUFFIX".
archives() { if [[ -n ${FRESH_MIRROR:-} ]]; then echo "$FRESH_MIRROR"; else debian_archives; fi; }

make_base() {
  local mirror
  [[ ! -e $cache/base/.complete ]] || return 0
  mirror=$(archives | awk 'NF == 1 {print $1; exit}')
  [[ -n $mirror ]] || die 1 'apt here uses no archive of Debian: name one with FRESH_MIRROR=URL'
  rm -rf --one-file-system "$cache/base"
  export_apt_proxy
  long_work "Making a bare $suite" "build/fresh/$suite-debootstrap.log" \
    debootstrap --variant=minbase --include=sudo "$suite" "$cache/base" "$mirror"
  archives | while read -r url suffix; do echo "deb $url $suite$suffix main"; done >"$cache/base/etc/apt/sources.list"
  rm -f "$cache"/base/var/cache/apt/archives/*.deb
  touch "$cache/base/.complete"
}

# debootstrap does not read the configuration of apt.
export_apt_proxy() {
  local http_proxy_of_apt=
  eval "$(apt-config shell http_proxy_of_apt Acquire::http::Proxy)"
  if [[ -z ${http_proxy:-} && -n $http_proxy_of_apt ]]; then export http_proxy=$http_proxy_of_apt; fi
}

# configure_clients: of the packages, in $root as they are here.
configure_clients() {
  configure_apt
  configure_pip
  configure_npm
  copy_certificates
}

configure_apt() {
  apt-config dump | grep -E '^Acquire::(https?::|ftp::|Check-|Retries|ForceIPv|Proxy)' \
    >"$root/etc/apt/apt.conf.d/90machine" || true
  if [[ -e /etc/apt/auth.conf ]]; then cp -p /etc/apt/auth.conf "$root/etc/apt/"; fi
  if [[ -d /etc/apt/auth.conf.d ]]; then cp -rp /etc/apt/auth.conf.d "$root/etc/apt/"; fi
}

# The settings of pip's files here, all of them, as the system's file there.
configure_pip() {
  has python3 || return 0
  { python3 -m pip config list 2>/dev/null || true; } |
    sed -nE "s/^([a-z-]+)\.([a-z-]+)='(.*)'$/[\1]\n\2 = \3/p" | awk '!/^\[/ || !seen[$0]++' >"$root/etc/pip.conf"
}

configure_npm() {
  local home file files=("$HOME/.npmrc" /etc/npmrc)
  if has npm; then files+=("$(npm config get globalconfig)"); fi
  for home in "$root/root" "$root"/home/*; do
    for file in "${files[@]}"; do
      if [[ -d $home && -e $file ]]; then cat "$file" >>"$home/.npmrc"; fi
    done
  done
}

# The certificates that an administrator of this machine added; installing ca-certificates there takes them up.
copy_certificates() {
  local name
  if [[ -d /usr/local/share/ca-certificates ]]; then
    mkdir -p "$root/usr/local/share/ca-certificates"
    cp -r /usr/local/share/ca-certificates/. "$root/usr/local/share/ca-certificates/"
  fi
  # A file that a variable names is brought along, unless ca-certificates makes it there.
  while read -r name; do
    name=${!name}
    if [[ $name == /* && -f $name && $name != /etc/ssl/certs/* ]]; then install -D -m 644 "$name" "$root$name"; fi
  done < <(client_variables)
}

# The variables that pip, npm, curl and OpenSSL take settings from.
client_variables() {
  compgen -e | grep -Ei '^(pip_.*|npm_config_.*|https?_proxy|no_proxy|ssl_cert_(file|dir)|requests_ca_bundle|curl_ca_bundle|node_extra_ca_certs)$' || true
}

# shellcheck shell=bash disable=SC2154 # folder is a variable of lib.sh
# How clients know the servers, and these them: passwords, and certificates by an authority of the part's own.

readonly new_key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 3650)

# make_certificates PART: once, in DIR/PART/tls.
make_certificates() {
  local tls=$folder/$1/tls
  [[ -e $tls/.complete ]] && return
  rm -rf "$tls"
  mkdir "$tls"
  if ! { make_authority "$tls" "$1" && make_certificate "$tls" server localhost && make_certificate "$tls" client herdflow; } >"$tls/log" 2>&1; then
    warn "making the certificates of $1 failed. The end of $tls/log:"
    tail -n 5 "$tls/log" >&2
    exit 1
  fi
  # As Kafka wants it.
  cat "$tls/server.key" "$tls/server.pem" >"$tls/server-with-key.pem"
  touch "$tls/.complete"
}

# make_password PART: once.
make_password() { [[ -s $folder/$1/password ]] || head -c 24 /dev/urandom | base64 | tr '+/' 'Hf' >"$folder/$1/password"; }

# make_authority FOLDER NAME
make_authority() {
  openssl req -x509 "${new_key[@]}" -subj "/CN=$2 of deploy local" -keyout "$1/ca.key" -out "$1/ca.pem"
}

# make_certificate FOLDER NAME SUBJECT
make_certificate() {
  openssl req -x509 "${new_key[@]}" -CA "$1/ca.pem" -CAkey "$1/ca.key" -subj "/CN=$3" -addext basicConstraints=critical,CA:FALSE \
    -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout "$1/$2.key" -out "$1/$2.pem"
}

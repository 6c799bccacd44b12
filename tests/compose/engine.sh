# shellcheck shell=bash
# A Docker engine of the test's own: no other sees its images and containers, and the machine's firewall stays as it is.
# Source it after scripts/lib.sh, with the repository's top folder as the working folder.

engine= # its folder, while there is one
engine_run= # where its socket is: paths of sockets are short

# make_engine_ready: sees to the programs.
make_engine_ready() {
  if ! { has debootstrap && has dockerd; }; then scripts/bootstrap ci; fi
  has docker || die 1 'there is no program docker beside dockerd: install the package docker-cli'
  # What else is in the user's configuration is not for this engine.
  unset DOCKER_CONTEXT DOCKER_TLS_VERIFY DOCKER_CERT_PATH
  docker compose version >/dev/null 2>&1 || fetch_compose
}

# Debian 12 has Compose 1. That of Debian 13 is one program; it needs a configuration folder to be found in.
fetch_compose() {
  local tree=$PWD/build/third_party/docker-compose
  if [[ ! -e $tree/.complete ]]; then
    rm -rf "$tree" "$tree.work"
    long_work 'Fetching Docker Compose (15 MB)' build/logs/docker-compose.log download_debs trixie "$tree.work" docker-compose
    dpkg-deb -x "$tree.work"/cache/archives/docker-compose_*.deb "$tree"
    rm -rf "$tree.work"
    touch "$tree/.complete"
  fi
  export DOCKER_CONFIG=$tree/usr/libexec/docker
  docker compose version >/dev/null || die 1 "Docker Compose in $tree does not run"
}

# start_engine FOLDER: images and all else go there.
start_engine() {
  local start=$SECONDS
  engine=$1
  end_former_engine
  engine_run=$(mktemp -d "${TMPDIR:-/tmp}/engine.XXXXXX")
  mkdir -p "$engine"
  echo "$engine_run" >"$engine/run"
  echo '{}' >"$engine/daemon.json"
  # The published ports are served by docker-proxy, so no packet is forwarded: neither firewall nor sysctl is touched.
  setsid dockerd --config-file "$engine/daemon.json" --data-root "$engine/data" --exec-root "$engine_run/exec" \
    --host "unix://$engine_run/docker.sock" --pidfile "$engine_run/pid" \
    --exec-opt native.cgroupdriver=cgroupfs --cgroup-parent "/${engine_run##*/}" \
    --bridge none --iptables=false --ip6tables=false --ip-forward=false >"$engine/log" 2>&1 </dev/null &
  echo $! >"$engine/pid"
  export DOCKER_HOST=unix://$engine_run/docker.sock DOCKER_BUILDKIT=0
  until docker version >/dev/null 2>&1; do
    engine_pid >/dev/null || { tail -n 20 "$engine/log" >&2 && die 1 "dockerd ended by itself; see $engine/log"; }
    ((SECONDS - start < 60)) || die 1 "dockerd did not answer within 60 s; see $engine/log"
    sleep 0.2
  done
  say "Docker $(docker version --format '{{.Server.Version}}'), Compose $(docker compose version --short)"
}

# Of a run that was killed, or told to --keep it.
end_former_engine() {
  [[ ! -e $engine/pid ]] || engine_run=$(<"$engine/run") stop_engine_of "$engine"
}

# engine_pid: while that process is our dockerd.
engine_pid() {
  local pid
  pid=$(cat "$engine/pid" 2>/dev/null) && grep -zqsxF -- "$engine/data" "/proc/$pid/cmdline" && echo "$pid"
}

keep_engine() {
  say "The engine is left: DOCKER_HOST=$DOCKER_HOST (process $(engine_pid)); the next run ends it."
  engine=
}

# stop_engine: and removes what it had.
stop_engine() {
  if [[ -n $engine ]]; then stop_engine_of "$engine"; fi
  engine=
}

stop_engine_of() {
  local pid start=$SECONDS mounted
  if pid=$(engine_pid); then
    docker --host "unix://$engine_run/docker.sock" ps --all --quiet | xargs -r docker --host "unix://$engine_run/docker.sock" rm --force --volumes >/dev/null 2>&1 || true
    kill "$pid"
    while engine_pid >/dev/null; do
      ((SECONDS - start < 60)) || die 1 "dockerd (process $pid) still runs after 60 s"
      sleep 0.2
    done
  fi
  while read -r mounted; do umount "$mounted"; done < <(awk -v a="$1/" -v b="$engine_run/" 'index($2, a) == 1 || index($2, b) == 1 {print $2}' /proc/mounts | tac)
  find /sys/fs/cgroup -depth -type d -path "/sys/fs/cgroup/*${engine_run##*/}*" -exec rmdir {} +
  rm -rf --one-file-system "$1" "$engine_run"
  [[ ! -e $1 && ! -e $engine_run ]] || die 1 "of the engine there is something left in $1 or $engine_run"
}

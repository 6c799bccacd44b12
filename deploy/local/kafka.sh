# shellcheck shell=bash disable=SC2154 # folder, cache and ports are variables of lib.sh
# The parts kafka and kafka3: brokers that are controllers too (KRaft).

readonly kafka_pom=deploy/local/kafka/pom.xml
readonly kafka_sums=deploy/local/kafka/jars.sha256

prepare_kafka() { fetch_once kafka has_jars fetch_jars; }

has_jars() { [[ -e $cache/kafka/.stamp && $(<"$cache/kafka/.stamp") == "$(hash_of $kafka_pom $kafka_sums)" ]]; }

fetch_jars() {
  local jars=$cache/kafka
  rm -rf "$jars" "$jars.new"
  long_work 'Fetching Kafka (43 MB)' build/logs/kafka.log mvn -q -B --strict-checksums -f $kafka_pom \
    dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$jars.new" || exit 1
  check_jars "$jars.new"
  hash_of $kafka_pom $kafka_sums >"$jars.new/.stamp"
  mv "$jars.new" "$jars"
}

# check_jars FOLDER: exactly the files of jars.sha256.
check_jars() {
  (cd "$1" && LC_ALL=C && sha256sum -- *.jar) | cmp -s - $kafka_sums && return
  die 1 "fetching Kafka: the files in $1 are not those of $kafka_sums (diff shows which)." \
    "After a change of $kafka_pom renew it: (cd $1 && LC_ALL=C && sha256sum -- *.jar) >$kafka_sums"
}

prepare_kafka3() { prepare_kafka; }

# start_kafkas PART BROKERS HEAP: those brokers that do not run.
start_kafkas() {
  local part=$1 heap=$3 n numbers=() java
  brokers=$2
  java=(java -cp "$cache/kafka/*" -Dorg.slf4j.simpleLogger.showDateTime=true
    '-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd HH:mm:ss.SSS')
  for n in $(processes_of "$part"); do
    pid_of "$part" "$n" >/dev/null || numbers+=("$n")
  done
  if runs "$part"; then
    keep_ports "$part"
  else
    choose_ports "$part" $((2 * brokers + closed_listeners))
  fi
  if ((closed_listeners > 0)); then
    make_password "$part"
    make_certificates "$part"
  fi
  [[ -e $folder/$part/cluster ]] || new_cluster >"$folder/$part/cluster"
  for n in "${numbers[@]}"; do write_broker_config "$part" "$n" >"$(file_of "$part" config "$n")"; done
  format_brokers "$part" "${numbers[@]}"
  for n in "${numbers[@]}"; do
    launch "$part" "$n" "${java[@]}" "-Xmx$heap" -XX:+ExitOnOutOfMemoryError kafka.Kafka "$(file_of "$part" config "$n")"
  done
  for n in "${numbers[@]}"; do wait_until "$part" "$n" broker_answers "$part" "$n"; done
  if ((closed_listeners > 0)); then
    echo "127.0.0.1:$(scram_port)" >"$folder/$part/address.scram"
    echo "127.0.0.1:$(mutual_port)" >"$folder/$part/address.mutual"
  fi
  broker_addresses | paste -sd , >"$folder/$part/address"
  if ((${#numbers[@]} > 0)); then
    sed -nE 's/.*Kafka version: (.*)/\1/p;T;q' "$(file_of "$part" log "${numbers[0]}")" >"$folder/$part/version"
  fi
}
# One broker also listens for who has a password, and for who has a certificate.
start_kafka() { closed_listeners=2 start_kafkas kafka 1 512m; }
start_kafka3() { closed_listeners=0 start_kafkas kafka3 3 384m; }

version_of_kafka() {
  local port
  for port in $(read_file "$1" address | tr ',' '\n' | cut -d : -f 2); do
    if accepts "$port"; then read_file "$1" version && return; fi
  done
  return 1
}

# The ports of brokers that run can no longer be changed: the others know them.
keep_ports() {
  local n port
  mapfile -t ports <"$folder/$1/ports"
  for n in $(processes_of "$1"); do
    if pid_of "$1" "$n" >/dev/null; then continue; fi
    for port in "$(broker_port "$n")" "$(controller_port "$n")"; do
      is_free "$port" ||
        die 1 "starting broker $n of $1: its port $port is in use by another program. Stop that, or get new ports by deploy/local/down $1 and up."
    done
  done
}

# Of the ports chosen, those of the brokers come first, then those of the controllers, then the closed listeners'.
broker_port() { echo "${ports[$1 == 0 ? 0 : $1 - 1]}"; }
controller_port() { echo "${ports[brokers + ($1 == 0 ? 0 : $1 - 1)]}"; }
scram_port() { echo "${ports[2 * brokers]}"; }
mutual_port() { echo "${ports[2 * brokers + 1]}"; }
broker_addresses() { printf '127.0.0.1:%s\n' "${ports[@]:0:brokers}"; }

# An id of Kafka: 16 bytes in the base64 of addresses, with no - in front.
new_cluster() { head -c 16 /dev/urandom | base64 | tr '+/' 'Hf' | tr -d =; }

# format_brokers PART N…: makes the data folders of those that have none.
format_brokers() {
  local part=$1 n new=()
  shift
  for n in "$@"; do
    if [[ ! -e $(file_of "$part" .formatted "$n") ]]; then new+=("$n"); fi
  done
  ((${#new[@]} > 0)) || return 0
  long_work "Making the data folders of $part" "$folder/$part/format.log" format_at_once "$part" "${new[@]}" || exit 1
}

format_at_once() {
  local part=$1 n pid pids=()
  shift
  for n in "$@"; do
    format_broker "$part" "$n" &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do wait "$pid" || return; done
}

format_broker() {
  rm -rf "$(file_of "$1" data "$2")"
  local arguments=()
  if ((closed_listeners > 0)); then
    write_scram_users "$1" >"$folder/$1/users"
    arguments=("@$folder/$1/users")
  fi
  "${java[@]}" -XX:TieredStopAtLevel=1 -XX:+UseSerialGC kafka.tools.StorageTool format -t "$(<"$folder/$1/cluster")" -c "$(file_of "$1" config "$2")" "${arguments[@]}" &&
    touch "$(file_of "$1" .formatted "$2")"
}

# write_scram_users PART: arguments, a line each; other users of the machine see those of a command line.
write_scram_users() {
  local mechanism
  for mechanism in SCRAM-SHA-256 SCRAM-SHA-512; do
    printf '%s\n' --add-scram "$mechanism=[name=herdflow,password=$(read_file "$1" password)]"
  done
}

write_broker_config() {
  local part=$1 n=$2 id=$2 listeners voters=() number replicas=1 in_sync=1
  if ((n == 0)); then id=1; else replicas=3 in_sync=2; fi
  listeners=("PLAINTEXT://127.0.0.1:$(broker_port "$n")" "CONTROLLER://127.0.0.1:$(controller_port "$n")")
  if ((closed_listeners > 0)); then listeners+=("SCRAM://127.0.0.1:$(scram_port)" "MUTUAL://127.0.0.1:$(mutual_port)"); fi
  for number in $(processes_of "$part"); do voters+=("$((number == 0 ? 1 : number))@127.0.0.1:$(controller_port "$number")"); done
  cat <<END
process.roles=broker,controller
node.id=$id
controller.quorum.voters=$(IFS=,; echo "${voters[*]}")
listeners=$(IFS=,; echo "${listeners[*]}")
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SCRAM:SASL_SSL,MUTUAL:SSL
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
log.dirs=$(file_of "$part" data "$n")
auto.create.topics.enable=false
default.replication.factor=$replicas
min.insync.replicas=$in_sync
message.max.bytes=16777216
replica.fetch.max.bytes=16777216
offsets.topic.num.partitions=8
offsets.topic.replication.factor=$replicas
transaction.state.log.num.partitions=8
transaction.state.log.replication.factor=$replicas
transaction.state.log.min.isr=$in_sync
share.coordinator.state.topic.replication.factor=$replicas
share.coordinator.state.topic.min.isr=$in_sync
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
# Less than the 9 s of old: a killed broker can come back, or lose its leaderships, only after that time.
broker.session.timeout.ms=4000
broker.heartbeat.interval.ms=1000
END
  if ((closed_listeners > 0)); then write_closed_listeners "$part"; fi
}

write_closed_listeners() {
  local tls=$folder/$1/tls modules=org.apache.kafka.common.security
  cat <<END
ssl.keystore.type=PEM
ssl.keystore.location=$tls/server-with-key.pem
ssl.truststore.type=PEM
ssl.truststore.location=$tls/ca.pem
listener.name.mutual.ssl.client.auth=required
listener.name.scram.sasl.enabled.mechanisms=SCRAM-SHA-512,SCRAM-SHA-256,PLAIN
listener.name.scram.scram-sha-512.sasl.jaas.config=$modules.scram.ScramLoginModule required;
listener.name.scram.scram-sha-256.sasl.jaas.config=$modules.scram.ScramLoginModule required;
listener.name.scram.plain.sasl.jaas.config=$modules.plain.PlainLoginModule required user_herdflow="$(read_file "$1" password)";
END
}

# broker_answers PART N
broker_answers() {
  grep -q 'Kafka Server started' "$(file_of "$1" log "$2")" && accepts "$(broker_port "$2")"
}

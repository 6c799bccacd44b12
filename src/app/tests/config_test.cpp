#include "config.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "connections.hpp"

namespace herdflow::app {
namespace {

class ConfigFile : public ::testing::Test {
 protected:
  Result<Configuration> Read(const std::string& text) {
    std::ofstream(path_) << text;
    ConfigSources sources;
    sources.file = path_;
    return ReadConfiguration(sources);
  }
  ~ConfigFile() override { std::filesystem::remove(path_); }

  const std::string path_ =
      (std::filesystem::temp_directory_path() / ("herdflow_config_" + std::to_string(getpid())))
          .string();
};

TEST(Config, FlagBeforeEnvironmentBeforeFileBeforeDefault) {
  ConfigSources sources;
  EXPECT_EQ(ReadConfiguration(sources)->backend_port, 5000);
  sources.environment["HERDFLOW_BACKEND_PORT"] = "6000";
  EXPECT_EQ(ReadConfiguration(sources)->backend_port, 6000);
  sources.flags["--backend-port"] = "7000";
  EXPECT_EQ(ReadConfiguration(sources)->backend_port, 7000);
}

TEST_F(ConfigFile, SetsEveryKindOfField) {
  const auto read = Read(
      "[herd]\ntime_zone = \"Europe/Berlin\"\n[rules]\nlitre_max = 40.5\n[producer]\nport = "
      "5101\n");
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->time_zone, "Europe/Berlin");
  EXPECT_EQ(read->bounds.litre_max, 40'500'000);
  EXPECT_EQ(read->producer_port, 5101);
}

TEST_F(ConfigFile, UnknownFieldNamesLineAndNearest) {
  const auto read = Read("[herd]\ntime_zon = \"UTC\"\n");
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().message().find("line 2"), std::string::npos) << read.error().message();
  EXPECT_NE(read.error().message().find("[herd] time_zone"), std::string::npos);
}

TEST_F(ConfigFile, MalformedValueNamesLineAndExpectation) {
  const auto read = Read("\n[backend]\nport = 70000\n");
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().message().find("line 3"), std::string::npos) << read.error().message();
  EXPECT_NE(read.error().message().find("1 to 65535"), std::string::npos);
}

TEST_F(ConfigFile, BrokenTomlNamesTheLine) {
  const auto read = Read("[herd\n");
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().message().find("line 1"), std::string::npos) << read.error().message();
}

TEST(Config, OtherEnvironmentVariablesAreLeftAloneInOneLine) {
  ConfigSources sources;
  for (const char* name :
       {"HERDFLOW_DATA_FODLER", "HERDFLOW_backend_port", "HERDFLOW_FOO", "HERDFLOW_SERVICE_HOST",
        "HERDFLOW_SERVICE_PORT_HTTP", "HERDFLOW_PORT_5000_TCP_ADDR"}) {
    sources.environment[name] = "10.0.0.1";
  }
  testing::internal::CaptureStderr();
  EXPECT_TRUE(ReadConfiguration(sources));
  const std::string told = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(told.begin(), told.end(), '\n'), 1) << told;
  EXPECT_NE(told.find("HERDFLOW_SERVICE_HOST"), std::string::npos) << told;
  EXPECT_NE(told.find("HERDFLOW_DATA_FODLER (did you mean HERDFLOW_DATA_FOLDER?)"),
            std::string::npos)
      << told;
  EXPECT_NE(told.find("HERDFLOW_backend_port (did you mean HERDFLOW_BACKEND_PORT?)"),
            std::string::npos)
      << told;
  EXPECT_NE(told.find("HERDFLOW_FOO, HERDFLOW_PORT_5000_TCP_ADDR, HERDFLOW_SERVICE_HOST, "),
            std::string::npos)
      << told;
}

TEST_F(ConfigFile, AListIsCalledThatAndASectionIsWrittenOnce) {
  const auto lists = Read("[kafka]\nbrokers = [\"a:1\"]\n");
  ASSERT_FALSE(lists);
  EXPECT_NE(lists.error().message().find("[kafka] brokers is a list; "), std::string::npos)
      << lists.error().message();
  EXPECT_NE(lists.error().message().find("several in one text with commas"), std::string::npos);
  const auto tables = Read("\n[[herd]]\ntime_zone = \"UTC\"\n");
  ASSERT_FALSE(tables);
  EXPECT_NE(tables.error().message().find("line 2: [[herd]] "), std::string::npos)
      << tables.error().message();
  EXPECT_NE(tables.error().message().find("write [herd]"), std::string::npos);
}

TEST_F(ConfigFile, WhatIsNearToNothingNamesNothing) {
  const auto read = Read("[zzzzzzzzzzzzz]\n");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().message().find("did you mean"), std::string::npos)
      << read.error().message();
}

TEST(Config, AnEmptyNameOfAFileIsRefused) {
  ConfigSources sources;
  sources.file = "";
  const auto read = ReadConfiguration(sources);
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().message().find("--config names no file"), std::string::npos);
}

TEST(Config, AServiceLinkInThePlaceOfASettingIsNamedAsThat) {
  const auto said = [](const std::string& name, const std::string& value) {
    ConfigSources sources;
    sources.environment[name] = value;
    const auto read = ReadConfiguration(sources);
    return read ? "" : read.error().message();
  };
  for (const auto* address : {"tcp://10.0.0.1:5000", "udp://10.0.0.1:53", "sctp://[fd00::1]:1"}) {
    const std::string told = said("HERDFLOW_BACKEND_PORT", address);
    EXPECT_NE(told.find("enableServiceLinks: false"), std::string::npos) << told;
    EXPECT_NE(told.find("HERDFLOW_BACKEND_PORT"), std::string::npos) << told;
  }
  EXPECT_EQ(said("HERDFLOW_BACKEND_PORT", "web").find("Kubernetes"), std::string::npos);
  EXPECT_EQ(said("HERDFLOW_KAFKA_BROKERS", "http://kafka:9092").find("Kubernetes"),
            std::string::npos);
}

TEST_F(ConfigFile, UnknownSectionNamesTheNearest) {
  const auto read = Read("[bakend]\n");
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().message().find("[backend]"), std::string::npos) << read.error().message();
}

TEST(Config, AFolderIsNoFile) {
  ConfigSources sources;
  sources.file = std::filesystem::temp_directory_path();
  EXPECT_FALSE(ReadConfiguration(sources));
}

TEST(Config, OnePortForBothRolesIsAnError) {
  ConfigSources sources;
  sources.flags["--producer-port"] = "5000";
  const auto read = ReadConfiguration(sources);
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().message().find("[producer] port"), std::string::npos);
}

TEST_F(ConfigFile, EnginesAndKafkasOwnOptions) {
  const auto read = Read(
      "[log]\nengine = \"kafka\"\n[store]\nengine = \"mysql\"\n[topics]\ncreate = false\n"
      "[kafka.options]\n\"client.id\" = \"farm\"\nsocket.timeout.ms = 1000\nlog_level = 6\n");
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->log_engine, LogEngine::kKafka);
  EXPECT_EQ(read->store_engine, StoreEngine::kMysql);
  EXPECT_FALSE(read->topics_create);
  EXPECT_EQ(
      read->kafka_options,
      (KafkaOptions{{"client.id", "farm"}, {"log_level", "6"}, {"socket.timeout.ms", "1000"}}));
}

TEST_F(ConfigFile, AnUnknownEngineSaysWhichThereAre) {
  const auto read = Read("[log]\nengine = \"redis\"\n");
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().message().find("sqlite or kafka"), std::string::npos)
      << read.error().message();
}

TEST_F(ConfigFile, ASecretDoesNotBelongIntoTheFile) {
  const auto read = Read("[mysql]\npassword = \"hush\"\n");
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().message().find("password_file"), std::string::npos);
  EXPECT_EQ(read.error().message().find("hush"), std::string::npos) << read.error().message();
}

TEST(Config, AValueThatMayHoldASecretIsToldByNoMessage) {
  const std::pair<const char*, const char*> values[] = {
      {"HERDFLOW_KAFKA_OPTIONS", "sasl.username=me, sasl.password=hun,ter2"},
      {"HERDFLOW_KAFKA_OPTIONS", "hunter2"},
      {"HERDFLOW_MYSQL_PASSWORD", ""}};
  for (const auto& [name, value] : values) {
    ConfigSources sources;
    sources.environment[name] = value;
    const auto read = ReadConfiguration(sources);
    ASSERT_FALSE(read) << value;
    const std::string& told = read.error().message();
    EXPECT_EQ(told.find("hun"), std::string::npos) << told;
    EXPECT_EQ(told.find("ter2"), std::string::npos) << told;
    EXPECT_NE(told.find(std::string(name) + ": ["), std::string::npos) << told;
    EXPECT_NE(told.find("expected "), std::string::npos) << told;
  }
}

/// What is said of an option of Kafka's client given as a flag and in both ways of the file.
std::vector<std::string> SaidOfKafkaOption(const std::string& name) {
  const std::string file =
      (std::filesystem::temp_directory_path() / ("herdflow_options_" + std::to_string(getpid())))
          .string();
  std::vector<std::string> said;
  const auto read = [&said](const ConfigSources& sources) {
    const auto configuration = ReadConfiguration(sources);
    said.push_back(configuration ? "" : configuration.error().message());
  };
  ConfigSources flags;
  flags.flags["--kafka-options"] = "client.id=we, " + name + "=hush";
  read(flags);
  ConfigSources in_file;
  in_file.file = file;
  std::ofstream(file) << "[kafka.options]\n" << name << " = \"hush\"\n";
  read(in_file);
  std::ofstream(file) << "[kafka]\noptions = \"" << name << "=hush\"\n";
  read(in_file);
  std::filesystem::remove(file);
  return said;
}

TEST(Config, ASecretOfKafkasClientIsTakenNeitherFromAFlagNorFromTheFile) {
  const std::pair<const char*, const char*> secrets[] = {
      {"sasl.password", "give [kafka] user and password_file"},
      {"ssl.key.password", "give ssl.key.password_file = "},
      {"ssl.keystore.password", "give ssl.keystore.password_file = "},
      {"ssl.key.pem", "ssl.key.location"},
      {"sasl.oauthbearer.client.secret", "give sasl.oauthbearer.client.secret_file = "},
      {"sasl.oauthbearer.assertion.private.key.passphrase", "passphrase_file = "},
      {"sasl.oauthbearer.assertion.private.key.pem", "give the name of its file"}};
  for (const auto& [name, instead] : secrets) {
    const auto said = SaidOfKafkaOption(name);
    EXPECT_NE(said[0].find("option --kafka-options"), std::string::npos) << said[0];
    EXPECT_NE(said[1].find("line 2"), std::string::npos) << said[1];
    for (const std::string& told : said) {
      EXPECT_NE(told.find(name), std::string::npos) << told;
      EXPECT_NE(told.find(instead), std::string::npos) << told;
      EXPECT_NE(told.find("HERDFLOW_KAFKA_OPTIONS"), std::string::npos) << told;
      EXPECT_EQ(told.find("hush"), std::string::npos) << told;
    }
    ConfigSources environment;
    environment.environment["HERDFLOW_KAFKA_OPTIONS"] = std::string(name) + "=hush";
    EXPECT_TRUE(ReadConfiguration(environment)) << name;
  }
}

TEST(Config, WhatNamesTheFileOrThePlaceOfASecretIsNone) {
  for (const auto* name :
       {"sasl.password_file", "ssl.key.password_file", "ssl.key.location", "ssl.keystore.location",
        "sasl.kerberos.keytab", "sasl.oauthbearer.token.endpoint.url", "sasl.oauthbearer.config",
        "sasl.oauthbearer.assertion.private.key.file", "ssl.certificate.pem", "ssl.ca.pem"}) {
    EXPECT_EQ(SaidOfKafkaOption(name), (std::vector<std::string>{"", "", ""})) << name;
  }
}

TEST(Config, SecretsComeFromTheEnvironmentOrAFileAndAreNotShown) {
  const std::string file =
      (std::filesystem::temp_directory_path() / ("herdflow_secret_" + std::to_string(getpid())))
          .string();
  std::ofstream(file) << "\xEF\xBB\xBFhush\r\n";
  ConfigSources sources;
  sources.environment["HERDFLOW_MYSQL_PASSWORD_FILE"] = file;
  sources.environment["HERDFLOW_KAFKA_USER"] = "we";
  sources.environment["HERDFLOW_KAFKA_PASSWORD"] = "louder";
  sources.environment["HERDFLOW_KAFKA_PASSWORD_FILE"] = file;
  sources.environment["HERDFLOW_KAFKA_OPTIONS"] =
      "some.username=me, some.password_file=" + file + ",ssl.key.password=hush";
  auto read = ReadConfiguration(sources);
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(*MysqlPassword(*read), "hush");
  EXPECT_EQ(*KafkaPassword(*read), "hush");
  EXPECT_EQ(*WithSecrets(read->kafka_options),
            (KafkaOptions{
                {"some.username", "me"}, {"some.password", "hush"}, {"ssl.key.password", "hush"}}));
  sources.environment["HERDFLOW_MYSQL_PASSWORD"] = "louder";
  read = ReadConfiguration(sources);
  EXPECT_EQ(*MysqlPassword(*read), "hush");
  read->mysql_password_file.clear();
  EXPECT_EQ(*MysqlPassword(*read), "louder");
  for (const ConfigField& field : ConfigFields()) {
    EXPECT_EQ(field.show(*read).find("hush"), std::string::npos) << field.name;
    EXPECT_EQ(field.show(*read).find("louder"), std::string::npos) << field.name;
  }
  std::filesystem::remove(file);
  EXPECT_FALSE(WithSecrets(read->kafka_options));
}

TEST(Config, AFileWithoutASecretIsNotAnEmptyOne) {
  const std::string file =
      (std::filesystem::temp_directory_path() / ("herdflow_empty_" + std::to_string(getpid())))
          .string();
  Configuration configuration;
  configuration.mysql_password = configuration.kafka_password = "of the environment";
  const auto expect = [&](const std::string& path, const std::string& why) {
    configuration.mysql_password_file = configuration.kafka_password_file = path;
    for (const auto& read : {MysqlPassword(configuration), KafkaPassword(configuration)}) {
      ASSERT_FALSE(read) << path;
      EXPECT_EQ(read.error().code(), ErrorCode::kInvalidInput);
      EXPECT_NE(read.error().message().find("password_file: "), std::string::npos);
      EXPECT_NE(read.error().message().find(path), std::string::npos);
      EXPECT_NE(read.error().message().find(why), std::string::npos) << read.error().message();
    }
  };
  for (const auto* text : {"\n", "\r\n", "\nsecret\n"}) {
    std::ofstream(file) << text;
    expect(file, "the first line of");
  }
  std::ofstream(file) << "";
  expect(file, "it is empty, or a folder");
  expect("/", "it is empty, or a folder");
  std::filesystem::remove(file);
  expect(file, "No such file");
}

TEST(Config, TheTokenIsTheFirstLineOfItsFile) {
  const std::string file =
      (std::filesystem::temp_directory_path() / ("herdflow_token_" + std::to_string(getpid())))
          .string();
  Configuration configuration;
  EXPECT_FALSE(HttpAccess(configuration)->needs_token());
  configuration.http_token_file = file;
  for (const auto* end : {"", "\n", "\r\n", "\na second line\n"}) {
    std::ofstream(file) << "0123456789abcdef" << end;
    const auto access = HttpAccess(configuration);
    ASSERT_TRUE(access) << access.error().message();
    EXPECT_TRUE(access->Admits("Bearer 0123456789abcdef"));
  }
  for (const auto* text : {"", "\n0123456789abcdef", "hush hush hush hush", "too short"}) {
    std::ofstream(file) << text;
    const auto access = HttpAccess(configuration);
    ASSERT_FALSE(access) << text;
    EXPECT_EQ(access.error().code(), ErrorCode::kInvalidInput);
    EXPECT_NE(access.error().message().find("[http] token_file"), std::string::npos);
    EXPECT_NE(access.error().message().find(file), std::string::npos) << access.error().message();
    EXPECT_EQ(access.error().message().find("hush"), std::string::npos);
  }
  std::filesystem::remove(file);
  EXPECT_FALSE(HttpAccess(configuration));
}

struct Contradiction {
  std::map<std::string, std::string> environment;
  std::vector<std::string> told;
};

TEST(Config, WhatIsSaidOfAConnectionAndContradictsItselfIsRefusedWithWhatToDo) {
  const std::string tls = "HERDFLOW_KAFKA_TLS";
  const std::string options = "HERDFLOW_KAFKA_OPTIONS";
  const Contradiction contradictions[] = {
      {{{"HERDFLOW_MYSQL_CA_FILE", "ca"}}, {"[mysql] ca_file", "set tls to on"}},
      {{{"HERDFLOW_KAFKA_KEY_PASSWORD_FILE", "p"}}, {"[kafka] key_password_file", "set tls to on"}},
      {{{tls, "on"}, {"HERDFLOW_KAFKA_CERTIFICATE_FILE", "c"}},
       {"[kafka] certificate_file is set without key_file"}},
      {{{"HERDFLOW_MYSQL_TLS", "on"}, {"HERDFLOW_MYSQL_KEY_FILE", "k"}},
       {"[mysql] key_file is set without certificate_file"}},
      {{{tls, "on"}, {"HERDFLOW_KAFKA_KEY_PASSWORD_FILE", "p"}},
       {"[kafka] key_password_file is set without key_file"}},
      {{{"HERDFLOW_MYSQL_TLS", "on"}, {"HERDFLOW_MYSQL_SOCKET", "s"}},
       {"[mysql] tls is on", "[mysql] socket"}},
      {{{"HERDFLOW_KAFKA_USER", "we"}}, {"[kafka] user is set without password_file"}},
      {{{"HERDFLOW_KAFKA_PASSWORD", "p"}}, {"[kafka] a password is set without user"}},
      {{{"HERDFLOW_KAFKA_USER", "we"},
        {"HERDFLOW_KAFKA_PASSWORD", "p"},
        {"HERDFLOW_KAFKA_SASL_MECHANISM", "PLAIN"}},
       {"[kafka] sasl_mechanism is PLAIN", "SCRAM-SHA-512"}},
      {{{tls, "on"}, {options, "security.protocol=plaintext"}},
       {"security.protocol", "[kafka] tls", "leave it out of the options"}},
      {{{tls, "on"}, {options, "enable.ssl.certificate.verification=false"}},
       {"enable.ssl.certificate.verification", "[kafka] tls"}},
      {{{"HERDFLOW_KAFKA_USER", "we"},
        {"HERDFLOW_KAFKA_PASSWORD", "p"},
        {options, "sasl.password_file=f"}},
       {"sasl.password_file", "[kafka] user"}},
  };
  for (const auto& [environment, told] : contradictions) {
    ConfigSources sources;
    sources.environment = environment;
    const auto read = ReadConfiguration(sources);
    ASSERT_FALSE(read) << told.front();
    EXPECT_EQ(read.error().code(), ErrorCode::kInvalidInput);
    for (const std::string& words : told) {
      EXPECT_NE(read.error().message().find(words), std::string::npos) << read.error().message();
    }
  }
}

TEST(Config, KafkasOwnOptionsMaySayAllOfItInTheirPlace) {
  ConfigSources sources;
  sources.environment["HERDFLOW_KAFKA_OPTIONS"] =
      "security.protocol=sasl_ssl, sasl.mechanisms=PLAIN, sasl.username=we, ssl.ca.location=ca";
  EXPECT_TRUE(ReadConfiguration(sources));
  sources.environment = {{"HERDFLOW_KAFKA_TLS", "on"},
                         {"HERDFLOW_KAFKA_OPTIONS", "ssl.crl.location=revoked.pem"}};
  EXPECT_TRUE(ReadConfiguration(sources));
}

TEST(Config, FilesOfTlsAreLookedAtByName) {
  const std::string file =
      (std::filesystem::temp_directory_path() / ("herdflow_tls_" + std::to_string(getpid())))
          .string();
  std::ofstream(file) << "hush\r\n";
  Configuration configuration;
  EXPECT_EQ(*MysqlTls(configuration), std::nullopt);
  configuration.mysql_tls = {true, file, file, file, file};
  const auto tls = MysqlTls(configuration);
  ASSERT_TRUE(tls) << tls.error().message();
  EXPECT_EQ((*tls)->ca_file, file);
  EXPECT_EQ((*tls)->key_password, "hush");
  std::ofstream(file) << "";
  for (const std::string& unreadable : {file, std::string("/"), file + ".none"}) {
    configuration.mysql_tls.certificate_file = unreadable;
    configuration.mysql_tls.ca_file.clear();
    const auto refused = MysqlTls(configuration);
    ASSERT_FALSE(refused) << unreadable;
    EXPECT_EQ(refused.error().code(), ErrorCode::kInvalidInput);
    EXPECT_NE(refused.error().message().find("[mysql] certificate_file: cannot read " + unreadable),
              std::string::npos)
        << refused.error().message();
  }
  std::filesystem::remove(file);
}

TEST(Config, WhatGoesToAnotherMachineInClearTextIsWarnedOf) {
  Configuration configuration;
  configuration.mysql_host = configuration.kafka_brokers = "elsewhere";
  EXPECT_EQ(KafkaInClear(configuration), std::nullopt) << "the engine is another";
  EXPECT_EQ(MysqlInClear(configuration), std::nullopt);
  configuration.log_engine = LogEngine::kKafka;
  configuration.store_engine = StoreEngine::kMysql;
  for (const char* here :
       {"localhost", "LocalHost", "127.0.0.1", "127.0.0.2", "::1", "db.localhost"}) {
    configuration.mysql_host = here;
    EXPECT_EQ(MysqlInClear(configuration), std::nullopt) << here;
  }
  for (const char* there :
       {"10.0.0.7", "db", "0.0.0.0", "localhost.example", "127.0.0.1.example.org"}) {
    configuration.mysql_host = there;
    ASSERT_NE(MysqlInClear(configuration), std::nullopt) << there;
    EXPECT_NE(MysqlInClear(configuration)->find(there), std::string::npos);
  }
  configuration.mysql_socket = "/run/mysqld.sock";
  EXPECT_EQ(MysqlInClear(configuration), std::nullopt);
  configuration.kafka_brokers = "127.0.0.1:9092, [::1]:9092,localhost:9092";
  EXPECT_EQ(KafkaInClear(configuration), std::nullopt);
  configuration.kafka_brokers = "localhost:9092, kafka-2:9092";
  ASSERT_NE(KafkaInClear(configuration), std::nullopt);
  EXPECT_NE(KafkaInClear(configuration)->find("Kafka at kafka-2:9092 is reached without TLS"),
            std::string::npos);
  configuration.kafka_options = {{"security.protocol", "SASL_SSL"}};
  EXPECT_EQ(KafkaInClear(configuration), std::nullopt);
  configuration.kafka_options.clear();
  configuration.kafka_tls.is_on = true;
  EXPECT_EQ(KafkaInClear(configuration), std::nullopt);
}

TEST(Config, ReferencePageIsUpToDate) {
  const std::string page = HERDFLOW_SOURCE_DIR "/docs/configuration.md";
  if (std::getenv("HERDFLOW_WRITE_REFERENCE") != nullptr) {
    std::ofstream(page) << ConfigurationReference();
  }
  std::ostringstream text;
  text << std::ifstream(page).rdbuf();
  EXPECT_EQ(text.str(), ConfigurationReference())
      << "run app_test with HERDFLOW_WRITE_REFERENCE=1 to write " << page << " anew";
}

}  // namespace
}  // namespace herdflow::app

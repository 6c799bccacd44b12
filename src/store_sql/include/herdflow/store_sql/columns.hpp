#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>
#include <stdexcept>
#include <string_view>

#include "herdflow/store_sql/sql.hpp"

namespace herdflow::store_sql {

/// The columns that a statement gives, by name: looked up by the compiler, for which a name that is
/// not there, or there twice, is an error.
///
/// A column's name is its alias (`… AS name`), or that of the column which it is (`a.name`); any
/// other expression has none. Of a UNION the first SELECT counts, after WITH the main one. Keywords
/// are in capitals. What gives no rows has no columns.
class Columns {
 public:
  consteval explicit Columns(const Sql& sql) {
    Words words(sql.text);
    std::string_view word = words.Next();
    while (word != "SELECT") {
      if (IsOneOf(word, {"", "INSERT", "REPLACE", "UPDATE", "DELETE"})) return;
      word = words.Next();
    }
    word = words.Next();
    if (IsOneOf(word, {"DISTINCT", "ALL"})) word = words.Next();
    while (true) {
      Add(words, word);
      if (word != ",") return;
      word = words.Next();
    }
  }

  /// The column of this name, from 0.
  consteval int operator[](std::string_view name) const {
    int found = -1;
    for (std::size_t i = 0; i < size_; ++i) {
      if (name.empty() || names_[i] != name) continue;
      if (found >= 0) throw std::logic_error("the statement gives two columns of this name");
      found = static_cast<int>(i);
    }
    if (found < 0) throw std::logic_error("the statement gives no column of this name");
    return found;
  }

  /// The first of these columns, which follow each other in this order.
  template <std::size_t kCount>
  consteval int InARow(const std::string_view (&names)[kCount]) const {
    const int first = (*this)[names[0]];
    int column = first;
    for (const std::string_view name : names) {
      if ((*this)[name] != column++) {
        throw std::logic_error("the statement does not give these columns in a row");
      }
    }
    return first;
  }

  [[nodiscard]] consteval std::size_t size() const { return size_; }

  /// Whether the first columns are those of `other`.
  [[nodiscard]] consteval bool BeginsLike(const Columns& other) const {
    if (size_ < other.size_) return false;
    for (std::size_t i = 0; i < other.size_; ++i) {
      if (names_[i] != other.names_[i]) return false;
    }
    return true;
  }

 private:
  static constexpr std::size_t kMost = 32;

  static consteval bool IsOneOf(std::string_view word,
                                std::initializer_list<std::string_view> words) {
    for (const std::string_view each : words) {
      if (word == each) return true;
    }
    return false;
  }

  /// Takes a statement apart.
  class Words {
   public:
    consteval explicit Words(std::string_view text) : text_(text) {}

    /// The next word, sign or quoted text; of what is in parentheses the first one. Empty: the end.
    consteval std::string_view Next() {
      const std::string_view next = NextOfAny();
      if (next != "(") return next;
      for (std::string_view inner = Next(); inner != ")"; inner = Next()) {
        if (inner.empty()) throw std::logic_error("the statement leaves a parenthesis open");
      }
      return next;
    }

    static consteval bool IsName(std::string_view word) {
      return !word.empty() && IsOfWord(word.front()) &&
             !(word.front() >= '0' && word.front() <= '9');
    }

   private:
    static consteval bool IsOfWord(char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    }

    static consteval bool IsSpace(char c) {
      return c == ' ' || c == '\n' || c == '\t' || c == '\r';
    }

    consteval void SkipSpace() {
      while (!text_.empty()) {
        if (text_.starts_with("--")) {
          while (!text_.empty() && text_.front() != '\n') text_.remove_prefix(1);
        } else if (IsSpace(text_.front())) {
          text_.remove_prefix(1);
        } else {
          return;
        }
      }
    }

    consteval std::string_view NextOfAny() {
      SkipSpace();
      if (text_.empty()) return {};
      const char first = text_.front();
      std::size_t end = 1;
      if (IsOfWord(first)) {
        while (end < text_.size() && IsOfWord(text_[end])) ++end;
      } else if (first == '\'' || first == '"' || first == '`') {
        while (end < text_.size() && text_[end] != first) ++end;
        if (end == text_.size()) throw std::logic_error("the statement leaves a quote open");
        ++end;
      }
      const std::string_view next = text_.substr(0, end);
      text_.remove_prefix(end);
      return next;
    }

    std::string_view text_;
  };

  /// Adds the column that begins with `word`, which becomes what ends it.
  consteval void Add(Words& words, std::string_view& word) {
    std::string_view before, last;
    bool is_column = true;  // `name` or `a.name`
    while (!IsOneOf(word, {"", ",", ";", "FROM", "UNION", "EXCEPT", "INTERSECT"})) {
      const bool begins = last.empty() || last == ".";
      if (begins && word == "*") throw std::logic_error("the statement's * names no columns");
      is_column = is_column && (begins ? Words::IsName(word) : word == ".");
      before = last;
      last = word;
      word = words.Next();
    }
    if (last.empty()) throw std::logic_error("the statement has an empty place for a column");
    if (size_ == kMost) throw std::logic_error("the statement gives more columns than kMost");
    const bool has_name = (is_column || before == "AS") && Words::IsName(last);
    names_[size_++] = has_name ? last : std::string_view();
  }

  std::array<std::string_view, kMost> names_{};
  std::size_t size_ = 0;
};

/// Whether two statements give the same columns in the same order, so that one reader does for
/// both.
consteval bool SameColumns(const Sql& a, const Sql& b) {
  const Columns of_a(a);
  const Columns of_b(b);
  return of_a.size() == of_b.size() && of_a.BeginsLike(of_b);
}

}  // namespace herdflow::store_sql

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "layer_dump.hpp"

namespace herdflow::golden {

/// The tables that a word of `show` means: a table's own name, or a layer's.
std::vector<std::string_view> TablesOf(std::string_view word);

/// The rows of a view with its name, as aligned columns.
std::vector<std::string> ShowTable(pipeline::testing::LayerStoreFixture& layers,
                                   std::string_view table);

/// JSON with one line a member, and one a row of its lists.
std::vector<std::string> ShowJson(std::string_view json);

}  // namespace herdflow::golden

#pragma once

#include <functional>
#include <string>

#include "herdflow/core/result.hpp"

namespace herdflow::sqlite {

/// Makes a file that nobody ever sees half made: `make` gets another path beside it, and what it
/// leaves there is given the name. Whoever comes second keeps what is there.
Result<> MakeWhole(const std::string& path,
                   const std::function<Result<>(const std::string& path)>& make);

}  // namespace herdflow::sqlite
